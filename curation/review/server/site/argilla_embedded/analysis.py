"""Text as a list of tokens, the way Elasticsearch's `standard` analyzer takes it apart.

Words by the rules of Unicode (UAX #29): `3.5`, `can't` and `foo_bar` are one token each, an ideograph is one too, and
signs are none. Lower case; no stop words, no stems, accents kept.
"""

import regex

MAX_TOKEN = 255
"""Characters of a token; a longer one is cut into tokens of that length."""

GAP = "\ue000"
"""Stands between the messages of a chat, so that no phrase runs over both. It is in no token: it is no letter."""

_TOKEN = regex.compile(
    r"""(?w)
    \p{Line_Break=SA}+                                         # scripts without word boundaries, as one token
    | \b (?!\p{Pc}+\b) [\w\p{Extended_Pictographic}] .*? \b    # begins as a word does, and is more than underscores
    """,
    regex.VERBOSE | regex.DOTALL,
)


def tokens(text: str) -> list[str]:
    """The tokens of a text, in their order."""
    found = (token.lower() for token in _TOKEN.findall(text))
    return [token[start : start + MAX_TOKEN] for token in found for start in range(0, len(token), MAX_TOKEN)]
