"""Formulas that hold at or near the given values only.

What is counted whole is rounded, what is chosen may change, and half of a whole is as much as it leaves.
"""

import re
from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq

from generation.formulas.links import Quantity
from generation.formulas.steps import Steps, bits
from generation.verification.expression import Expression, ExpressionError, Number, Operation, walk
from generation.verification.rational_function import RationalFunction, number


def near_only(
    question: str, units: Sequence[str], values: Sequence[Fraction], reading: Steps, known: Sequence[Quantity]
) -> list[list[str]]:
    """For each condition, the reasons why the formula may not hold where the condition has another value.

    `units` and `values` are what each step counts and gives.
    """
    reasons: list[list[str]] = [[] for _ in known]
    _choice_among(question, reading, known, reasons)
    _counted_whole(question, units, values, reading, reasons)
    _half_left(question, values, reading, known, reasons)
    return reasons


_ANY_WORD = re.compile(r"\w+")
_SUPERLATIVES = frozenset(
    _ANY_WORD.findall("most least fewest best worst maximum minimum whichever cheaper winner wins won largest")
) | {
    root + ending
    for root in _ANY_WORD.findall(
        "small big high low heavi light cheap short long tall old young fast slow earli lat great clos few strong hot "
        "cold dri wett"
    )
    for ending in ("est", "st")
}


def _choice_among(question: str, reading: Steps, known: Sequence[Quantity], reasons: list[list[str]]) -> None:
    """Where the largest or the cheapest is asked for, a quantity that was chosen among others may not vary freely."""
    if _SUPERLATIVES.isdisjoint(_ANY_WORD.findall(question.lower())):
        return
    used = list(bits(reading.depends[reading.answer]))
    left_out = [known[index] for index in range(len(known)) if index not in used and known[index].value != 1]
    for index in used:
        mine = known[index]
        for other in left_out:
            unit = mine.condition.unit
            if (unit and unit == other.condition.unit) or mine.sentence == other.sentence:
                reasons[index].append(f'the question chooses among "{mine.condition.text}" and others')
                break


_CONTAINERS = re.compile(
    r"\b(?:packs?|packages?|packets?|box(?:es)?|bags?|cartons?|cans?|bottles?|containers?|crates?|cases?|trips?|bus(?:es)?"
    r"|vans?|cars?|boats?|rounds?|batch(?:es)?|rolls?|sheets?|tables?|loads?|trucks?|jars?|trays?|bundles?|reams?|tubs?"
    r"|buckets?|baskets?|albums?|times|tents?|shelves|bookcases|pallets?|bunches|cakes|pies|pizzas|rides)\b",
    re.I,
)
_ASKS_WHAT_FITS = re.compile(
    r"how many\b[^.?]{0,60}\b(?:needs?|buy|fill|afford|order|rent|hire|carry|hold|fit|must|have to|can|could|able)\b",
    re.I,
)
_ASKS_FOR_WHOLE = re.compile(
    r"\b(?:most|maximum|minimum|at least|at most|full|whole|complete|completely|fewest|least)\b", re.I
)


def _counted_whole(
    question: str, units: Sequence[str], values: Sequence[Fraction], reading: Steps, reasons: list[list[str]]
) -> None:
    """Packs to buy and trips to make are counted whole: the quotient is right at its value, and rounded elsewhere."""
    question = question.rstrip()
    asked = question[max(question.rfind(". "), question.rfind("! "), 0) :]
    fits, whole = _ASKS_WHAT_FITS.search(asked), _ASKS_FOR_WHOLE.search(asked)
    for index in reading.cone if fits or whole else ():
        contained = fits and _CONTAINERS.search(f"{units[index]} {asked if index == reading.answer else ''}")
        if (contained or whole) and _divides_by_a_quantity(reading.steps[index]):
            for condition in bits(reading.depends[index]):
                reasons[condition].append(f"{values[index]} is counted whole: another value may round to it")


def _divides_by_a_quantity(step: Expression) -> bool:
    return any(
        isinstance(node, Operation) and node.operator == "/" and not isinstance(node.right, Number)
        for node in walk(step)
    )


_WHAT_IS_LEFT = re.compile(
    r"\b(?:left|remain\w*|rest|others?|off|discount\w*|lo(?:st|ses?)|still|ke(?:pt|eps?))\b", re.I
)
_HALVES = {"fraction": Fraction(1, 2), "fraction_word": Fraction(1, 2), "percent": Fraction(50)}


def _half_left(
    question: str, values: Sequence[Fraction], reading: Steps, known: Sequence[Quantity], reasons: list[list[str]]
) -> None:
    """Half of the plums is what was eaten and what is left: a formula that grows with the one may mean the other."""
    halves = [
        index
        for index in bits(reading.depends[reading.answer])
        if _HALVES.get(known[index].condition.kind) == known[index].value
    ]
    if not halves or not _WHAT_IS_LEFT.search(question):
        return
    conditions, results = [quantity.number for quantity in known], [number(value) for value in values]
    for index in halves:
        try:
            function = reading.functions(index, conditions, results)[f"r{reading.answer}"]
        except ExpressionError:
            continue
        if isinstance(function, RationalFunction) and _grows(function, known[index].number):
            reasons[index].append(f'"{known[index].condition.text}" is as much as it leaves of the whole')


def _grows(function: RationalFunction, value: fmpq) -> bool:
    """Whether the function is larger just above the value than at it."""
    points = value, value * fmpq(101, 100)
    below = [function.denominator(point) for point in points]
    if not all(below):
        return True  # it is not defined there
    at, above = (function.numerator(point) / divisor for point, divisor in zip(points, below, strict=True))
    return bool(above > at)
