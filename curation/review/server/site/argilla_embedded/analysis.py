"""Text as a list of tokens, the way Elasticsearch's `standard` analyzer takes it apart.

Words by the rules of Unicode (UAX #29, written out here: `regex` breaks `l'eau`, which Lucene does not): `3.5`,
`can't` and `foo_bar` are one token each, an ideograph is one too, and signs are none. Lower case; no stop words, no
stems, accents kept.
"""

import regex

MAX_TOKEN = 255
"""Characters of a token; a longer one is cut into tokens of that length."""

GAP = "\ue000"
"""Stands between the messages of a chat, so that no phrase runs over both. It is in no token: it is no letter."""

_ON = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]*+"  # belongs to what stands before it
_LETTER = rf"[\p{{WB=ALetter}}\p{{WB=Hebrew_Letter}}]{_ON}"
_DIGIT = rf"\p{{WB=Numeric}}{_ON}"
_LETTERS = rf"{_LETTER}(?:(?:[\p{{WB=MidLetter}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_ON})?{_LETTER})*+"
_DIGITS = rf"{_DIGIT}(?:(?:[\p{{WB=MidNum}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_ON})?{_DIGIT})*+"
_RUN = rf"(?:(?:{_LETTERS}|{_DIGITS})++|(?:\p{{WB=Katakana}}{_ON})++)"
_UNDERSCORES = rf"(?:\p{{WB=ExtendNumLet}}{_ON})*+"
_TOKEN = regex.compile(
    rf"(?<!\p{{WB=ExtendNumLet}}){_UNDERSCORES}{_RUN}(?:{_UNDERSCORES}{_RUN})*+{_UNDERSCORES}"
    r"|\p{Line_Break=SA}++"  # scripts without word boundaries, as one token
    rf"|[\p{{Script=Han}}\p{{Script=Hiragana}}]{_ON}"
    rf"|\p{{Extended_Pictographic}}{_ON}(?:(?<=\u200d)\p{{Extended_Pictographic}}{_ON})*+",
    regex.V1,
)


def tokens(text: str) -> list[str]:
    """The tokens of a text, in their order."""
    found = (match.group().lower() for match in _TOKEN.finditer(text))
    return [token[start : start + MAX_TOKEN] for token in found for start in range(0, len(token), MAX_TOKEN)]
