"""What may make an equality in a sentence mean something else than what is read of it."""

import re
from collections.abc import Collection
from fractions import Fraction

from generation.formulas.equalities import NUMERAL, Side
from generation.verification.expression import Expression, Operation, Percent, symbols, walk

_NEAR = 60
"""Characters before an equality that are looked at."""

_MANY = "halves|thirds|fourths|fifths|sixths|sevenths|eighths|ninths|tenths|hundredths"
_PART = rf"(?:half|third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth|hundredth|{_MANY})"
_ARTICLE = r"(?: the| an?| all| these| those| his| her)?\s*\Z"
_OPEN_BEFORE = re.compile(
    r"[-+*/×÷^−–<>≈~!_\\%#)}{\]|¤]\s*\Z|[0-9]\s*\Z|[0-9][:.,]\Z|[A-Za-z]\Z|(?<![A-Za-z])[xX]\s*\Z"
    rf"|(?:{_PART}|%|[0-9]|percent|percentage|fraction|multiple|share) of{_ARTICLE}"
    rf"|\b(?:{_PART}|twice|doubled?|tripled?|thrice|times|plus|minus|than|dozens?|hundred|thousand|million|not|and a"
    rf"|multiplied by|divided by){_ARTICLE}"
    r"|[-+*/×÷^−–](?:\s+[A-Za-z'’]+){1,3}\s*\Z",
    re.I,
)
_MINUS = re.compile(r"[-−–]\s")
_OPEN_BEHIND = re.compile(
    r"\s*[+*/×÷^(<>≈~!%°\[{=_\\|¤]|\s*[-−–]\s*(?:[0-9($]|[A-Za-z](?![A-Za-z]))|[.:,][0-9]|\s*(?:\.\.|…)"
    r"|(?<![A-Za-z])\s*(?:[0-9]+(?![0-9]*-[A-Za-z])|[xX](?![A-Za-z]))|[A-Za-z]|\.[A-Za-z_]"
    r"|(?<=\band)\s*[0-9]+/[0-9]+(?![0-9]|\s*[-+*/=])"
)
_SCALES = re.compile(
    r"[0-9%] ?(?:hundred|thousand|million|billion|trillion|dozens?|score|squared|cubed|factorial|st|nd|rd|th|am|pm"
    rf"|{_MANY})(?![A-Za-z])|\b1 {_PART}|\band (?:a|one|1) {_PART}"
    r"|\b(?:remainder|left ?over|mod|sin|cos|tan|log|ln|choose)\b",
    re.I,
)
_INSIDE = re.compile(rf"\b(?:more|less|fewer|times|than|plus|minus|twice|and|or|{_PART} of)\b[^=]*[-+*/×÷=]", re.I)
_LETTER = re.compile(r"(?<![A-Za-z'’])(?<![A-Za-z'’] )([A-Za-z])(?![A-Za-z'’])")
_TIMES = re.compile(r"[xX]\s*[0-9($.]")
_WORD = re.compile(r"(?<![A-Za-z])([A-Za-z]+)(?=[(\[])|(?<=[0-9])([A-Za-z]{1,3})(?![A-Za-z])")
_UNITS = re.compile(r"kg|[cmk]m|m[lg]|lbs?|oz|hrs?|min|ft|mph|kmh|[kmgt]b|[ap]m|sqrt|abs", re.I)
_REMARK = re.compile(rf"[A-Za-z0-9)%\]]\s+[(\[](?!\s*[$€£]?{NUMERAL}\s*[)\]])")
_SLASH = re.compile(r"/\s*(?:[0-9.,]+|\([^()]*\))\s*(?:\(|[A-Za-z](?![A-Za-z]))|/\s*[0-9]+/[0-9]")


def is_open(before: str) -> bool:
    """Whether what stands before a number may belong to it: half of, 3 plus."""
    return _OPEN_BEFORE.search(before[-_NEAR:]) is not None


def goes_on(line: str, end: int) -> bool:
    """Whether what stands behind a number may belong to it: + y, and 1/2."""
    return _OPEN_BEHIND.match(line, end) is not None


def doubt(line: str, start: int, end: int, names: Collection[str]) -> str:
    """Why the equality from `start` to `end` may say something else than what is read of it; empty where it may not.

    `names` are the letters whose values are known.
    """
    before, written = line[:start], line[start:end]
    if is_open(before) or (_MINUS.match(written) and before.rstrip()[-1:].isalnum()):
        return "more may belong to it before"
    if goes_on(line, end):
        return "more may belong to it behind"
    if _SCALES.search(written) or _INSIDE.search(written):
        return "a word in it may change a number"
    for match in _LETTER.finditer(written):
        if match[1] not in names and match[1] not in "aAI" and not _TIMES.match(written, match.start()):
            return f"nothing says what {match[1]} is"
    for match in _WORD.finditer(written):
        word = match[1] or match[2]
        if word not in names and not _UNITS.fullmatch(word) and not _TIMES.match(written, match.start()):
            return f"nothing says what {word} is"
    if _REMARK.search(written):
        return "it may be a remark in brackets"
    if _SLASH.search(written):
        return "a product behind a slash, without brackets"
    return ""


_ABOUT = re.compile(
    r"\b(?:about|approximate\w*|approx|roughly|around|nearly|almost|round\w*|nearest|estimate\w*)\b|≈|\.\.\.|…", re.I
)
_TRIES = re.compile(r"\b(?:if|suppose|assum\w+|try|trying|guess\w*|would|or|either)\b", re.I)
_SCALED = re.compile(rf"\b(?:{_PART}|twice|doubl\w+|tripl\w+|thrice)\b[^.,:;=]*\Z", re.I)
_MORE = re.compile(r"[0-9%] (?:times|more|less|fewer|plus|minus|of)\b[^=]*\Z")
_OF = re.compile(r"[0-9%)] of\b")
_BRACKETED = re.compile(r"[A-Za-z0-9)%\]]\s+[(\[]")
_HUNDREDTHS = re.compile(r"[%$€£]|\bcents?\b", re.I)
_DIMENSIONS = tuple(
    re.compile(rf"(?<![A-Za-z])(?:{units.replace(' ', '|')})(?![A-Za-z])", re.I)
    for units in (
        "seconds? minutes? mins? hours? hrs? days? weeks? months? years? decades?",
        "inch(?:es)? foot feet ft yards? miles? cm mm meters? metres? km kilometers? centimeters?",
        "grams? kg kilograms? kilos? pounds? lbs? ounces? oz tons?",
        "bytes? [kmgt]b kilobytes? megabytes? gigabytes?",
        "cups? pints? quarts? gallons? ml milliliters? liters? litres?",
        r"dollars? \$ cents? penny pennies nickels? dimes? quarters?",
    )
)
_DECIMALS = re.compile(r"-?[0-9,]*(?:\.([0-9]+))?(%?)")


def excuse(left: Side, right: Side, line: str, start: int, end: int, unknown: str) -> str:
    """Why two sides that differ, of the equality from `start` to `end`, may be meant otherwise; empty if not."""
    written = line[start:end]
    names = symbols(left.expression) | symbols(right.expression)
    if not names and not calculates(left.expression) and not calculates(right.expression):
        return "two numbers and no calculation"
    if _SCALED.search(line[max(0, start - _NEAR) : start]):
        return "words before it may change it"
    if is_share(left, right):
        return "a part of something that is so many"
    if _MORE.search(written):
        return "its last number may belong to the words behind it"
    if _BRACKETED.search(written):
        return "it may be a remark in brackets"
    if names - {unknown}:
        return "a letter of the solution's own"
    if names and _TRIES.search(line):
        return "a value that is tried, or one of several"
    if _ABOUT.search(line) or _rounds(left.value, right) or _rounds(right.value, left):
        return "a side that may be rounded"
    if right.numbers and calculates(right.expression) and right.numbers[0].value == left.value:
        return "a calculation that goes on behind its result"
    if _adds_percent(left.expression) or _adds_percent(right.expression):
        return "a percentage of what it is added to"
    if _HUNDREDTHS.search(line) and left.value in (right.value * 100, right.value / 100):
        return "a side that may be in percent or cents"
    if any(len(_named(units, written)) > 1 for units in _DIMENSIONS):
        return "units that differ"
    return ""


def is_converted(first: str, last: str) -> bool:
    """Whether the sides count the same in two units, 2 hours and 120 minutes, or a part and what it is: 25% of them."""
    if _OF.search(first):
        return True
    named = [(_named(units, first), _named(units, last)) for units in _DIMENSIONS]
    return any(one and other and not one & other for one, other in named)


def _named(units: re.Pattern[str], text: str) -> set[str]:
    return {unit.lower().rstrip("s") for unit in units.findall(text)}


def is_share(left: Side, right: Side) -> bool:
    """Whether a part of a whole, 2/5, is said to be so many: 12 acres."""
    return re.fullmatch(r"[0-9]{1,2}/[0-9]{1,3}", left.text) is not None and bool(left.value < 1 <= right.value)


def calculates(expression: Expression) -> bool:
    """Whether there is an operation in it."""
    return any(isinstance(node, Operation) for node in walk(expression))


def _rounds(value: Fraction, side: Side) -> bool:
    """Whether the side is one number, with too few places for the value, and next to it: 67% of 2/3."""
    places = _DECIMALS.fullmatch(side.text)
    if places is None:
        return False
    scale = 10 ** len(places[1] or "")
    number = side.value * 100 if places[2] else side.value
    return any((exact * scale).denominator != 1 and abs(exact - number) * scale < 1 for exact in (value, value * 100))


def _adds_percent(expression: Expression) -> bool:
    """Whether a percentage stands in a sum: 50 + 20%."""
    return any(
        isinstance(node, Operation) and node.operator in "+-" and isinstance(node.right, Percent)
        for node in walk(expression)
    )
