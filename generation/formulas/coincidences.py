"""Coincidences: what the values of the conditions let pass in a formula, and other values would not.

`2 + 2` is right where `2*2` is meant, a rate for 1 hour may be multiplied or divided by it alike, and a 24 that a model
takes from a day may be half of its 48. That such a formula gives the answer is no evidence for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from generation.formulas.steps import Steps, bits, mentioned
from generation.verification.expression import (
    Expression,
    ExpressionError,
    Negation,
    Operation,
    Operator,
    Symbol,
    apply,
    decimal,
    evaluate,
    walk,
)

MOST_USES = 2
"""Uses of a condition in a formula that are counted."""
MOST_UNUSED = 20
"""Quantities that a formula does not use which are looked at."""


@dataclass(slots=True, eq=False)
class _Evaluated:
    """An operation of the formula with its value and those of its operands; None where there is no exact one."""

    node: Operation
    left: Fraction | None
    right: Fraction | None
    value: Fraction | None


def same_whatever(reading: Steps, conditions: Sequence[Fraction]) -> list[Fraction]:
    """The values of the parts of a formula that have conditions in them and do not change with any: `c0/c0`."""
    tries = [
        _evaluated(reading, [value * Fraction(place + shift, place) for place, value in enumerate(conditions, 97)])
        for shift in (11, 26)
    ]
    return list(
        dict.fromkeys(
            each.value
            for each, *others in zip(_evaluated(reading, conditions), *tries, strict=True)
            if each.value is not None
            and all(other.value == each.value for other in others)
            and _conditions(each.node, reading)
        )
    )


def doubt_coincidences(
    readings: Sequence[Steps], conditions: Sequence[Fraction], constants: Sequence[Fraction], doubts: list[list[str]]
) -> None:
    """Add to the doubts of each condition what may be a coincidence in the formulas of the parts of an answer.

    `constants` are the numbers that the formulas take for constants.
    """
    uses = [0] * len(conditions)
    for reading in readings:
        for reason, mask in _either_way(reading, conditions):
            for index in bits(mask):
                doubts[index].append(reason)
        for index, count in _uses(reading).items():
            uses[index] += count
    _made_of_unused(uses, conditions, constants, doubts)


def _evaluated(reading: Steps, conditions: Sequence[Fraction]) -> list[_Evaluated]:
    """Every operation of the formula at the given values of the conditions, always in the same order."""
    values = {f"c{index}": value for index, value in enumerate(conditions)}
    found = []
    for index in reading.cone:
        step = reading.steps[index]
        found += [
            _Evaluated(node, _value(node.left, values), _value(node.right, values), _value(node, values))
            for node in walk(step)
            if isinstance(node, Operation)
        ]
        value = _value(step, values)
        if value is not None:
            values[f"r{index}"] = value
    return found


def _value(node: Expression, values: dict[str, Fraction]) -> Fraction | None:
    try:
        return evaluate(node, values)
    except ExpressionError:
        return None


def _conditions(node: Expression, reading: Steps) -> int:
    """The conditions that a part of a step depends on, as a bit mask."""
    mask = mentioned(node, "c")
    for index in bits(mentioned(node, "r")):
        mask |= reading.depends[index]
    return mask


_OTHERS: dict[Operator, tuple[Operator, ...]] = {
    "+": ("*",),
    "-": ("/",),
    "*": ("+", "/"),
    "/": ("-", "*"),
    "^": ("*", "+"),
}


def _either_way(reading: Steps, conditions: Sequence[Fraction]) -> Iterator[tuple[str, int]]:
    """Why an operation may be another that gives the same, and the conditions of which it is then another function."""
    for each in _evaluated(reading, conditions):
        operator, left, right = each.node.operator, each.left, each.right
        first, second = _conditions(each.node.left, reading), _conditions(each.node.right, reading)
        if left is None or right is None or not first or not second:
            continue
        for other in _OTHERS[operator]:
            try:
                if apply(other, left, right) != each.value:
                    continue
            except ExpressionError:
                continue
            one, two = decimal(left), decimal(right)
            # x*1 and x/1 are the same function of x.
            mask = second if operator in "*/" and other in "*/" else first | second
            yield f"{one} {operator} {two} is {one} {other} {two} as well", mask


def _uses(reading: Steps) -> dict[int, int]:
    """How often each condition stands in the formula written out, counted up to MOST_USES."""
    totals = {f"r{reading.answer}": 1}
    for index in reversed(reading.cone):
        for name in _names(reading.steps[index]):
            totals[name] = min(totals.get(name, 0) + totals.get(f"r{index}", 0), MOST_USES)
    return {int(name[1:]): count for name, count in totals.items() if name[0] == "c"}


def _names(step: Expression) -> Iterator[str]:
    """The names in a step, each as often as it stands there."""
    for node in (Negation(step), *walk(step)):
        operands = (node.left, node.right) if isinstance(node, Operation) else (getattr(node, "operand", None),)
        for operand in operands:
            if isinstance(operand, Symbol):
                yield operand.name


def _made_of_unused(
    uses: Sequence[int], conditions: Sequence[Fraction], constants: Sequence[Fraction], doubts: list[list[str]]
) -> None:
    """A number of the formula that a quantity which the formula does not use makes up, too, may stand for just that."""
    unused = [index for index, count in enumerate(uses) if not count and conditions[index] not in (0, 1)][:MOST_UNUSED]
    hidden = {conditions[index] for index in unused}
    products = {conditions[one] * conditions[other] for one, other in combinations(unused, 2)}
    for index, count in enumerate(uses):
        value = conditions[index]
        if count == MOST_USES and value in hidden | products:
            doubts[index].append(f"{value}, which is used more than once, is also made of what nothing uses")
        for other in hidden if count else ():
            for constant in {value * other, value / other, other / value if value else Fraction()} & set(constants):
                doubts[index].append(f"{constant} is also made of {value} and of {other}, which nothing uses")
