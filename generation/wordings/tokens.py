"""A text as the tokens by which two texts are compared: numbers by value, words by lemma, mathematics by sign."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from generation.conditions.finder import find_conditions
from generation.wordings.fobar import mathematics
from generation.wordings.vocabulary import FILLERS, PRONOUNS, lemma
from schemas.condition import Condition
from schemas.problem import Notation

_TOKEN = re.compile(r"\\[A-Za-z]+|[^\W\d_]+(?:['’](?=[^\W\d_])[^\W\d_]+)?|[0-9]+|[=<>+*/^_()|−-]")
_LAYOUT = frozenset(("\\left", "\\right", "\\displaystyle", "\\text", "\\mbox", "\\quad"))


class Token(NamedTuple):
    """A token, where it stands and as what; `#5` is the number 5, `#20%` twenty percent, `@he` any form of he."""

    text: str
    start: int
    written: str
    capital: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is a quantity."""
        return self.text.startswith("#")


def tokens(text: str, notation: Notation) -> list[Token]:
    """The tokens of a text in order, without the words that say little."""
    return tokens_between(text, find_conditions(text, notation), 0, len(text), notation)


def tokens_between(text: str, conditions: Sequence[Condition], start: int, end: int, notation: Notation) -> list[Token]:
    """The tokens of `text[start:end]`, its quantities being those of `conditions` that lie in it."""
    found: list[Token] = []
    formulas = mathematics(text) if notation == "latex" else ()
    position = start
    for condition in conditions:
        if start <= condition.start and condition.end <= end:
            found += _words(text, position, condition.start, formulas)
            if condition.unit == "$":
                found.append(Token("dollar", condition.start, condition.text))
            number = f"#{condition.value}{'%' * (condition.unit == '%')}"
            found.append(Token(number, condition.start, condition.text))
            position = condition.end
    return found + _words(text, position, end, formulas)


def reordered(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the words that two lists share stand in another order than one phrase's move makes.

    What a question asks for comes first, and goes back to its place in a statement: that is one move. So red balls in a
    blue box never become blue balls in a red one.
    """
    kept, found = ([word for word in words if word in other] for words, other in ((before, after), (after, before)))
    if len(kept) != len(found):
        return True
    while kept and kept[-1] == found[-1]:
        kept.pop()
        found.pop()
    while kept and kept[0] == found[0]:
        del kept[0], found[0]
    return bool(kept) and not any(kept[turn:] + kept[:turn] == found for turn in range(len(kept)))


def _words(text: str, start: int, end: int, formulas: Sequence[tuple[int, int]]) -> list[Token]:
    """The tokens of a stretch of text that holds no quantity; signs count in mathematics only."""
    found = []
    for match in _TOKEN.finditer(text, start, end):
        word, place = match[0], match.start()
        lower = word.lower().replace("’", "'")
        if any(first <= place < last for first, last in formulas):
            signs = list(word) if word.isalpha() else [word]  # the letters of 3xy are two variables
            found += [Token(sign, place + index, sign) for index, sign in enumerate(signs) if sign not in _LAYOUT]
        elif word.isdigit() or (len(word) > 1 and word[0] == "\\"):
            found.append(Token(word, place, word))
        elif lower in PRONOUNS:
            found.append(Token(f"@{PRONOUNS[lower]}", place, word))
        elif word[0].isalpha() and lower not in FILLERS:
            found.append(Token(lemma(word), place, word, word[0].isupper()))
    return found
