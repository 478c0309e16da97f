"""Coincidences: what the values of the conditions let pass in a formula, and other values would not.

`2 + 2` is right where `2*2` is meant, a rate for 1 hour may be multiplied or divided by it alike, and a 24 that a model
takes from a day may be half of its 48. That such a formula gives the answer is no evidence for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from generation.formulas.links import Quantity
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


def is_one_condition(reading: Steps, conditions: Sequence[Fraction]) -> bool:
    """Whether a formula gives one of the conditions, whatever they are: `c0` as well as `c0*c1/c1`."""
    tries = [(_values(reading, moved).get(f"r{reading.answer}"), moved) for moved in _moved(conditions)]
    return any(all(result == moved[index] for result, moved in tries) for index in range(len(conditions)))


def same_whatever(reading: Steps, conditions: Sequence[Fraction]) -> list[Fraction]:
    """The values of the parts of a formula that have conditions in them and do not change with any: `c0/c0`."""
    tries = [_evaluated(reading, moved) for moved in _moved(conditions)]
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
    readings: Sequence[Steps], known: Sequence[Quantity], constants: Sequence[Fraction], doubts: list[list[str]]
) -> None:
    """Add to the doubts of each condition what may be a coincidence in the formulas of the parts of an answer.

    `constants` are the numbers that the formulas take for constants.
    """
    conditions = [quantity.value for quantity in known]
    uses = [0] * len(known)
    for reading in readings:
        for index, count in enumerate(_uses(reading, len(known))):
            uses[index] += count
    unused = [
        quantity.value / 100 if quantity.condition.kind == "percent" else quantity.value
        for quantity, count in zip(known, uses, strict=True)
        if not count and quantity.value not in (0, 1) and quantity.condition.kind != "number_word"
    ][:MOST_UNUSED]
    used = {value for value, count in zip(conditions, uses, strict=True) if count}
    left_out = [value for value in dict.fromkeys(unused) if value not in used]  # no second mention of what is used
    for reading in readings:
        evaluated = _evaluated(reading, conditions)
        found = [*_either_way(reading, evaluated), *_made_of(left_out, reading, evaluated, conditions, constants)]
        for reason, mask in found:
            for index in bits(mask):
                doubts[index].append(reason)
    if len(left_out) >= sum(map(bool, uses)):
        for reasons in doubts:
            reasons.append(f"the formula leaves out as many quantities of the question as it uses: {len(left_out)}")
    hidden = {value for value, count in zip(conditions, uses, strict=True) if not count}
    hidden |= {one * other for one, other in combinations(unused, 2)}
    for value, count, reasons in zip(conditions, uses, doubts, strict=True):
        if count > 1 and value in hidden:
            reasons.append(f"{value}, which is used more than once, is also made of what nothing uses")


def _evaluated(reading: Steps, conditions: Sequence[Fraction]) -> list[_Evaluated]:
    """Every operation of the formula at the given values of the conditions, always in the same order."""
    values = _values(reading, conditions)
    return [
        _Evaluated(node, _value(node.left, values), _value(node.right, values), _value(node, values))
        for index in reading.cone
        for node in walk(reading.steps[index])
        if isinstance(node, Operation)
    ]


def _moved(conditions: Sequence[Fraction]) -> list[list[Fraction]]:
    """Other values of the conditions, each moved in a proportion of its own."""
    return [
        [value * Fraction(place + shift, place) for place, value in enumerate(conditions, 97)] for shift in (11, 26)
    ]


def _values(reading: Steps, conditions: Sequence[Fraction]) -> dict[str, Fraction]:
    """What every `c0` and `r0` of the formula is worth, where it has an exact value."""
    values = {f"c{index}": value for index, value in enumerate(conditions)}
    for index in reading.cone:
        value = _value(reading.steps[index], values)
        if value is not None:
            values[f"r{index}"] = value
    return values


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
    "*": ("+",),
    "/": ("-",),
    "^": ("*", "+"),
}


def _either_way(reading: Steps, evaluated: Sequence[_Evaluated]) -> Iterator[tuple[str, int]]:
    """Why an operation may be another that gives the same, and the conditions of which it is then another function."""
    for each in evaluated:
        operator, left, right = each.node.operator, each.left, each.right
        first, second = _conditions(each.node.left, reading), _conditions(each.node.right, reading)
        if left is None or right is None:
            continue
        if operator in "*/" and 1 in (left, right):
            # x*1 and x/1 are the same function of x, but not of what is 1.
            mask = (second if right == 1 else 0) | (first if left == 1 and operator == "*" else 0)
            yield f"{decimal(left)}{operator}{decimal(right)}: multiplied or divided by 1 is the same", mask
        names = [side.name for side in (each.node.left, each.node.right) if isinstance(side, Symbol)]
        if operator == "*" and len(names) == 2 and names[0] == names[1]:
            yield f"{decimal(left)} is multiplied by itself, and not by another {decimal(left)}", first
        for other in _OTHERS[operator] if first and second else ():
            with suppress(ExpressionError):
                if apply(other, left, right) == each.value:
                    one, two = decimal(left), decimal(right)
                    yield f"{one} {operator} {two} is {one} {other} {two} as well", first | second


def _made_of(
    unused: Sequence[Fraction],
    reading: Steps,
    evaluated: Sequence[_Evaluated],
    conditions: Sequence[Fraction],
    constants: Sequence[Fraction],
) -> Iterator[tuple[str, int]]:
    """Why a number of the formula may be made of a quantity that it does not use, and the conditions that concerns."""
    depends = reading.depends[reading.answer]
    numbers = {value: 0 for value in constants if value != 1}
    for index in bits(depends):
        if conditions[index] not in (0, 1):
            numbers[conditions[index]] = numbers.get(conditions[index], 0) | 1 << index
    parts = [(conditions[index], 1 << index) for index in bits(depends)]
    parts += [(each.value, _conditions(each.node, reading)) for each in evaluated if each.value]
    for hidden in unused:
        for value, mask in parts:
            made = {value * hidden, value / hidden, hidden / value if value else Fraction()}
            for each in made & numbers.keys():
                reason = f"{each} is also made of {decimal(value)} and of {decimal(hidden)}, which nothing uses"
                yield reason, mask | numbers[each]


def _uses(reading: Steps, conditions: int) -> list[int]:
    """How often each condition stands in the formula written out, counted up to MOST_USES."""
    totals = {f"r{reading.answer}": 1}
    for index in reversed(reading.cone):
        for name in _names(reading.steps[index]):
            totals[name] = min(totals.get(name, 0) + totals.get(f"r{index}", 0), MOST_USES)
    return [totals.get(f"c{index}", 0) for index in range(conditions)]


def _names(step: Expression) -> Iterator[str]:
    """The names in a step, each as often as it stands there."""
    for node in (Negation(step), *walk(step)):
        operands = (node.left, node.right) if isinstance(node, Operation) else (getattr(node, "operand", None),)
        for operand in operands:
            if isinstance(operand, Symbol):
                yield operand.name
