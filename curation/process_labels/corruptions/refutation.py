"""Refutation: the exact proof that a corrupted step is wrong, from its text alone and the text that was proved."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from generation.formulas.equalities import read_equalities, read_side, states
from generation.verification.expression import ExpressionError, evaluate, parse

Refutation = Literal[
    "false",  # an equality in the step does not hold
    "another value",  # its equalities hold, and what they come to is not what the proved step comes to
]


def refuted(proved: str, corrupted: str) -> Refutation | None:
    """Why the corrupted line is wrong where the other is proved; None where exact arithmetic does not show that."""
    found = list(_results(corrupted))
    if not all(holds for _, holds in found):
        return "false"
    truth = [value for value, _ in _results(proved)]
    values = [value for value, _ in found]
    return "another value" if len(values) == len(truth) and values != truth else None


def _results(line: str) -> Iterator[tuple[Fraction, bool]]:
    """What each equality of a line comes to, and whether its sides are one value."""
    for run in read_equalities(line):
        sides = [side for text, offset in run if (side := read_side(text, offset)) is not None]
        if sides:
            yield sides[-1].value, all(states(side, sides[0].value) for side in sides)


def refuted_at(proved: str, corrupted: str, unknown: str, hidden: Fraction) -> Refutation | None:
    """The same for an equation or an expression in the unknown, which is worth the hidden value."""
    truth = _sides_at(proved.partition(" = ")[0], unknown, hidden)  # the other side is proved to be the same
    found = _sides_at(corrupted, unknown, hidden)
    if not truth or not found:
        return None
    if len(set(found)) > 1:
        return "false"
    return "another value" if found[0] != truth[0] else None


@lru_cache(maxsize=4096)  # the truth is the same for all that is tried in its place
def _sides_at(text: str, unknown: str, hidden: Fraction) -> tuple[Fraction, ...]:
    """The values of `a = b`, or of one side alone; none where a side has no exact value."""
    try:
        return tuple(evaluate(parse(side, (unknown,)), {unknown: hidden}) for side in text.split(" = "))
    except ExpressionError:
        return ()
