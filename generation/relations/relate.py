"""One condition of a trace made the unknown, every other filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from generation.formulas.trace import Trace
from generation.verification.expression import (
    Expression,
    ExpressionError,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    plain,
)
from generation.verification.rational_function import RationalFunction, Value, compute, fraction, function_of
from schemas.condition import Condition
from schemas.relation import Relation


class IndependentError(ExpressionError):
    """The answer does not change with the condition."""


@dataclass(slots=True, eq=False)
class Related:
    """A relation, its left side as a tree, and every `c0` and `r0` of the trace as a function of the unknown."""

    relation: Relation
    expression: Expression
    values: dict[str, Value]
    function: RationalFunction


def relate(trace: Trace, conditions: Sequence[Condition], hidden: int, unknown: str, answer: str) -> Related:
    """Hide one condition. Raises ExpressionError where f cannot be written or computed (too large, divided by zero)."""
    reading = trace.reading
    values = reading.functions(hidden, trace.conditions, trace.results)
    written: dict[str, Expression] = {f"c{hidden}": Symbol(unknown)}
    for index in reading.cone:
        if isinstance(values[f"r{index}"], RationalFunction):
            written[f"r{index}"] = folded(reading.steps[index], values, written)
    last = f"r{reading.answer}"
    if last not in written or not function_of(values[last]).depends():
        raise IndependentError(f'the solution does not use "{conditions[hidden].text}"')
    relation = Relation(unknown=unknown, expression=plain(written[last]), answer=answer)
    return Related(relation, written[last], values, function_of(values[last]))


def folded(expression: Expression, values: Mapping[str, Value], written: dict[str, Expression]) -> Expression:
    """The expression in the unknown: names put in, and every part without the unknown folded to its exact value."""

    def visit(node: Expression) -> Expression:
        match node:
            case Number():
                return node
            case Symbol():
                value = values[node.name]
                return written[node.name] if isinstance(value, RationalFunction) else Number(fraction(value))
            case Operation():
                left, right = visit(node.left), visit(node.right)
                new: Expression = Operation(node.operator, left, right)
                parts: tuple[Expression, ...] = (left, right)
            case Percent():
                operand = visit(node.operand)
                new, parts = Operation("/", operand, _HUNDRED), (operand,)
            case Negation():
                operand = visit(node.operand)
                new, parts = Negation(operand), (operand,)
            case _:
                operand = visit(node.operand)
                new, parts = type(node)(node.function, operand), (operand,)
        if all(isinstance(part, Number) for part in parts):
            constant = compute(new, {})
            assert not isinstance(constant, RationalFunction)
            return Number(fraction(constant))
        return new

    return visit(expression)


_HUNDRED = Number(Fraction(100))
