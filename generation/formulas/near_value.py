"""Formulas that hold near the given values only: what is counted whole is rounded, and what is chosen may change."""

import re
from collections.abc import Sequence
from fractions import Fraction

from generation.formulas.links import Quantity
from generation.formulas.steps import Steps, bits
from generation.verification.expression import Expression, Number, Operation, walk


def near_only(
    question: str, units: Sequence[str], values: Sequence[Fraction], reading: Steps, known: Sequence[Quantity]
) -> list[list[str]]:
    """For each condition, the reasons why the formula may not hold where the condition has another value.

    `units` and `values` are what each step counts and gives.
    """
    reasons: list[list[str]] = [[] for _ in known]
    _choice_among(question, reading, known, reasons)
    _counted_whole(question, units, values, reading, reasons)
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
