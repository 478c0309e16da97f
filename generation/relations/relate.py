"""One condition of a formula made the unknown, every other filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from generation.formulas.steps import Worked
from generation.verification.expression import (
    Call,
    Expression,
    ExpressionError,
    IrrationalError,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    evaluate,
    plain,
)
from generation.verification.rational_function import NotRationalError, RationalFunction, Value, fraction, function_of
from schemas.condition import Condition
from schemas.relation import Relation


class IndependentError(ExpressionError):
    """The answer does not change with the condition."""


@dataclass(slots=True, eq=False)
class Related:
    """A relation, its left side as a tree, and every `c0` and `r0` of the formula as a function of the unknown.

    `function` is f, or None where it is no rational function (a root, an absolute value or an exponent in the unknown);
    `values` then holds only what does not depend on the unknown.
    """

    relation: Relation
    expression: Expression
    values: dict[str, Value]
    function: RationalFunction | None


def relate(worked: Worked, conditions: Sequence[Condition], hidden: int, unknown: str) -> Related:
    """Hide one condition. Raises ExpressionError where f cannot be written or computed (too large, divided by zero)."""
    reading = worked.reading
    last = f"r{reading.answer}"
    function: RationalFunction | None = None
    try:
        values = reading.functions(hidden, worked.conditions, worked.results)
    except (NotRationalError, IrrationalError):
        values = reading.constants(hidden, worked.conditions, worked.results)
    else:
        function = function_of(values[last])
    depends = bool(reading.depends[reading.answer] >> hidden & 1)
    if not depends or (function is not None and not function.depends()):
        raise IndependentError(f'the solution does not use "{conditions[hidden].text}"')
    written: dict[str, Expression] = {f"c{hidden}": Symbol(unknown)}
    for index in reading.cone:
        if reading.depends[index] >> hidden & 1:
            written[f"r{index}"] = folded(reading.steps[index], values, written)
    relation = Relation(unknown=unknown, expression=plain(written[last]), answer=worked.answer)
    return Related(relation, written[last], values, function)


def folded(node: Expression, values: Mapping[str, Value], written: Mapping[str, Expression]) -> Expression:
    """The expression in the unknown: `written` put in for its names, every part without the unknown as its value."""
    if isinstance(node, Number):
        return node
    if isinstance(node, Symbol):
        known = written.get(node.name)
        return known if known is not None else Number(fraction(values[node.name]))
    new: Expression
    if isinstance(node, Operation):
        left, right = folded(node.left, values, written), folded(node.right, values, written)
        new = Operation(node.operator, left, right)
        constant = isinstance(left, Number) and isinstance(right, Number)
    else:
        operand = folded(node.operand, values, written)
        constant = isinstance(operand, Number)
        if isinstance(node, Percent):
            new = Operation("/", operand, _HUNDRED)
        else:
            new = Negation(operand) if isinstance(node, Negation) else Call(node.function, operand)
    if not constant:
        return new
    try:
        return Number(evaluate(new))
    except IrrationalError:
        return new  # sqrt(3) stays as it is written


_HUNDRED = Number(Fraction(100))
