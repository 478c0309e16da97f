r"""The skeleton of a question: what is left of it without its numbers and names.

    Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May.
    @1 sold clip to # of his friend in @2 and then he sold # as many clip in @3

The same problem with other names and numbers has the same skeleton; so have most that differ in punctuation, case or
number alone. Names keep their order, since who is asked for makes the problem.
"""

import re
import unicodedata
from enum import Enum
from functools import lru_cache

from generation.conditions.vocabulary import CLAUSES, COMPARATIVES, DENOMINATORS, MULTIPLES, SCALES, SMALL, words

_NUMBER_WORDS = {*SMALL, *SCALES, "hundred", *DENOMINATORS, *(f"{word}s" for word in DENOMINATORS), "halves"}

_KNOWN = (
    CLAUSES
    | COMPARATIVES
    | words(
        """i if how how's let let's express compute evaluate simplify suppose find determine calculate solve consider
        given note assume define prove show give write say multiply subtract divide add use using order rationalize
        round draw figure point points line lines triangle triangles circle circles angle square squares rectangle
        segment quadrilateral parallelogram side vertices today tonight once first finally next last later recently
        currently usually normally initially originally often sometimes everyone everybody someone nobody no yes
        many most few several all some none half because although though unlike like considering including knowing
        assuming starting according otherwise however therefore thus hence please additionally furthermore meanwhile
        together during throughout let's there's here only our these those but than as
        or nor and everything nothing"""
    )
)
"""Words that open a sentence and are no names."""

_FOLDED = {
    **dict.fromkeys(("she", "he"), "he"),
    **dict.fromkeys(("her", "his", "him", "hers"), "his"),
    **dict.fromkeys(("herself", "himself"), "himself"),
    "are": "is", "were": "was", "have": "has", "do": "does",
}  # fmt: skip
"""Words that change with a name or a number."""

_UNMARKED = words("a an mr mrs ms dr")
"""Words that the number or name behind them decides on."""

_OPENERS = frozenset('.?!:;"“”(\n')
_TOKEN = re.compile(
    r"""
      [^\W\d_]+(?:'[^\W\d_]+)?
    | (?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[ ]\d+/\d+|/\d+|:\d\d)?(?:(?:st|nd|rd|th)\b)?
    | [.?!:;"“”(\n]
    | \\[dt]?frac\s?(?:\{\d+\}\s?\{\d+\}|\d\d)
    | \\[A-Za-z]+
    | [+*/^=<>|%°×÷·−]
    | (?<![^\W\d_]{2})-(?![^\W\d_]{2})
    """,
    re.X,
)
"""A word, a number, what a sentence may open behind, LaTeX, an operator; a hyphen between words is none."""
_JOINT = re.compile(
    rf" and (?:{'|'.join(rf'(?<={scale} and )' for scale in ('hundred', *SCALES))}"
    rf"|an? (?=(?:{'|'.join(DENOMINATORS)})\b))"
)
"""What joins one number: one hundred and five, two and a half."""


def skeleton(question: str) -> str:
    """The question with a mark `#` for each number and `@i` for the i-th name, its words folded, single-spaced."""
    text = question if question.isascii() else unicodedata.normalize("NFKC", question).replace("’", "'")
    text = _JOINT.sub(" ", text.replace("⁄", "/"))
    marks: list[str] = []
    names: dict[str, str] = {}
    opens = True
    number_end = name_end = len(text)
    for match in _TOKEN.finditer(text):
        kind, mark = _read(match[0])
        if kind is _Kind.OPENER:
            opens = True
            continue
        if kind is _Kind.CAPITAL and _is_name(mark, text, opens):
            if text[name_end : match.start()] != " ":
                marks.append(names.setdefault(mark, f"@{len(names) + 1}"))
            name_end = match.end()
        elif kind is _Kind.NUMBER:
            if not (match[0][0].isalpha() and text[number_end : match.start()] in (" ", "-")):  # twenty-five, 5 million
                marks.append(mark)
            number_end = match.end()
        elif mark:
            marks.append(_folded(mark))
        opens = False
    return " ".join(marks)


class _Kind(Enum):
    OPENER, NUMBER, CAPITAL, OTHER = range(4)


@lru_cache(maxsize=1 << 16)
def _read(token: str) -> tuple[_Kind, str]:
    """What a token is, and its mark; empty where it has none."""
    if token in _OPENERS:
        return _Kind.OPENER, ""
    word = token.lower().removesuffix("'s")
    if word in _NUMBER_WORDS or any(map(str.isdigit, word)):
        return _Kind.NUMBER, "#"
    if word in MULTIPLES:
        return _Kind.OTHER, "# times"
    if word in _UNMARKED:
        return _Kind.OTHER, ""
    return (_Kind.CAPITAL if token[0].isupper() else _Kind.OTHER), word if token[0] != "\\" else token


def _is_name(word: str, text: str, opens: bool) -> bool:
    """Whether a capitalised word is a name: where a sentence opens, if it is no known word and none of the text's."""
    if not opens:
        return word != "i"
    return word not in _KNOWN and f" {word}" not in text


@lru_cache(maxsize=1 << 16)
def _folded(word: str) -> str:
    if word in _FOLDED:
        return _FOLDED[word]
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "su" else word
