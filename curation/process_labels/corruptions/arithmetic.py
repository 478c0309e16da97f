"""How a calculation goes wrong: its text with one thing changed, or its result as a slip gives it."""

import re
from collections.abc import Callable, Collection, Iterator
from fractions import Fraction

from curation.process_labels.lines import NUMERALS, value_of
from generation.verification.expression import decimal

_OPERATOR = re.compile(r"(?<=[0-9)%A-Za-z])(\s*)([-+*/x×÷])(\s*)(?=[$(]?\s?(?:[0-9.]|[a-z](?![a-z])))")
_OTHER = {"+": "-", "-": "+", "*": "+/", "x": "+/", "×": "+/", "÷": "*", "/": "*"}
_SIGNS = {"+": "-", "-": "+"}
_CONSTANTS = {
    Fraction(value): tuple(Fraction(other) for other in others)
    for value, others in {
        60: (100, 24, 12), 7: (5, 6), 24: (12, 60), 12: (10, 6), 100: (10, 1000), 52: (50, 12), 365: (52, 360),
        30: (31, 28), 1000: (100, 10), 10: (100, 5), 2: (3, 4), 3: (2, 6), 4: (2, 3), 5: (7, 6), 16: (12, 8),
    }.items()
}  # fmt: skip


def other_operations(text: str) -> Iterator[str]:
    """The text with one of its operations turned into another."""
    for match in _OPERATOR.finditer(text):
        if _is_fraction(text, match):
            continue
        for other in _OTHER[match[2]]:
            spaces = (" ", " ") if other in "+-" and not match[1] and " " in text else (match[1], match[3])
            yield f"{text[: match.start()]}{spaces[0]}{other}{spaces[1]}{text[match.end() :]}"


def other_signs(text: str) -> Iterator[str]:
    """The text with one of its plus and minus signs turned round."""
    for match in _OPERATOR.finditer(text):
        if match[2] in _SIGNS:
            yield f"{text[: match.start(2)]}{_SIGNS[match[2]]}{text[match.end(2) :]}"


def other_numbers(text: str, instead: Callable[[Fraction], Collection[Fraction]]) -> Iterator[str]:
    """The text with one of its numbers replaced by each of those that may stand there instead."""
    for match in NUMERALS.finditer(text):
        value = value_of(match[0])
        if value is not None:
            for other in instead(value):
                if other != value:
                    yield f"{text[: match.start()]}{like(other, match[0])}{text[match.end() :]}"


def other_constants(value: Fraction) -> Collection[Fraction]:
    """What is taken for a constant by mistake: 100 for the 60 minutes of an hour."""
    return _CONSTANTS.get(value, ())


def slips(numeral: str) -> Iterator[Fraction]:
    """What a slip makes of a result: a carry forgotten or one too many, one off, two digits in the wrong order."""
    digits = numeral.replace(",", "")
    whole, _, places = digits.partition(".")
    figure = whole + places
    scale = 10 ** len(places)
    size = int(figure)
    for power in range(1, len(figure)):
        yield from (Fraction(size + step * 10**power, scale) for step in (-1, 1) if size + step * 10**power > 0)
    for index in range(len(figure) - 1):
        swapped = figure[:index] + figure[index + 1] + figure[index] + figure[index + 2 :]
        if swapped[0] != "0" and swapped != figure:
            yield Fraction(int(swapped), scale)
    yield from (Fraction(size + step, scale) for step in (-1, 1) if size + step > 0)


def like(value: Fraction, numeral: str) -> str:
    """The number in the manner of another: its thousands apart, its cents written out."""
    whole, point, places = decimal(value).partition(".")
    if numeral[-3:-2] == "." and 100 % value.denominator == 0:
        point, places = ".", places.ljust(2, "0")
    if "," in numeral and whole.isdigit():
        whole = f"{int(whole):,}"
    return whole + point + places


def plain_enough(value: Fraction, whole: bool) -> bool:
    """Whether a solver would not stop at such a value: above zero, and whole or in cents."""
    return value > 0 and (value.denominator == 1 if whole else 100 % value.denominator == 0)


def _is_fraction(text: str, match: re.Match[str]) -> bool:
    """Whether the sign is the bar of a fraction, `1/2`."""
    before = re.search(r"(?<![0-9.])([0-9])$", text[: match.start()])
    behind = re.match(r"([0-9]+)", text[match.end() :])
    return match[2] == "/" and before is not None and behind is not None and int(before[1]) < int(behind[1])
