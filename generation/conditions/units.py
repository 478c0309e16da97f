"""The word that a quantity counts: friends in "48 of her friends", page in "a 5-page book"."""

import re

from generation.conditions.vocabulary import (
    ADJECTIVES,
    CLAUSES,
    COMPARATIVES,
    MEASURES,
    PLURALS,
    SCALES,
    SMALL,
    VERBS_IN_S,
    WHOLES,
)

_TIED = re.compile(r"-([a-z]{2,30})|(?<=[0-9])([a-z]{1,30})(?![a-z0-9])")
_WORD = re.compile(r"\s{1,3}([$€£]?[0-9][0-9.,]{0,9}(?:-[a-z]{1,20})?\s)?([a-z]{2,30}|[agml]\b)(['’]s\b)?(?![0-9])")
_PART_OF = re.compile(r"\sof\b")
_MAX_WORDS = 5
_NUMBERS = frozenset((*SMALL, *SCALES, "hundred", "half", "twice", "thrice"))


def unit_after(text: str, end: int, single: bool) -> str | None:
    """The word that the quantity ending at `end` counts, or None; the text must be in lower case.

    `single` says that it may be in the singular (1 apple, half the cake); else a plural is looked for first.
    """
    tied = _TIED.match(text, end)
    if tied:
        return tied[1] or tied[2]
    of = _PART_OF.match(text, end)
    position = of.end() if of else end
    part = of is not None
    first = fallback = None
    for _ in range(_MAX_WORDS):
        match = _WORD.match(text, position)
        if match is None or (match[1] and first):
            break  # four $5 bills, but not a party of 4 order 3 pizzas
        position, word = match.end(), match[2]
        if word in WHOLES or word in ("a", "an"):
            if not (part or single):
                break
            part = True
        elif word in COMPARATIVES or match[3]:  # 5 more, half Ana's age
            continue
        elif word in ("dozen", "dozens"):
            return word
        elif word in CLAUSES or word in _NUMBERS:
            break
        elif word in ADJECTIVES:
            fallback = fallback or word
        elif is_plural(word) or (single and not part) or (first is None and word in MEASURES):
            return word
        else:
            first = first or word
    return first or fallback


def is_plural(word: str) -> bool:
    """Whether a word in lower case looks like a plural noun."""
    return word in PLURALS or (
        word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "us", "is")) and word not in VERBS_IN_S
    )
