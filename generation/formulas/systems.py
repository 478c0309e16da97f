"""Small systems of equations solved for their unknowns, each as an expression over the quantities that are known.

Linear elimination on expression trees: an equation that is linear in the unknowns that are left (after
cross-multiplying a quotient) is solved for one of them, which is put into the others; what is not linear waits until it
has become so. Equations that define an unknown, `a = b + 3`, come first and are taken as they stand; other pivots are
chosen by the values that the quantities have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from generation.verification.expression import (
    Expression,
    ExpressionError,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    TooLargeError,
    evaluate,
    replace,
    symbols,
)

MAX_NODES = 400
"""Parts of one solved expression, written out."""


class UnsolvedError(ExpressionError):
    """Linear steps do not solve the equations: they do not determine an unknown, or not in that way."""


class ContradictionError(ExpressionError):
    """The equations contradict one another."""


class _NonlinearError(ExpressionError):
    """Not linear in the unknowns that are left."""


Equation = tuple[Expression, Expression]


def solve_system(
    equations: Sequence[Equation], unknowns: Sequence[str], values: Mapping[str, Fraction]
) -> dict[str, Expression]:
    """Each unknown as an expression over the names in `values`, in the order in which they were solved.

    Raises UnsolvedError where an unknown is not determined or the equations stay nonlinear, ContradictionError where
    they contradict one another at the values, and other ExpressionErrors as `evaluate` does.
    """
    left = list(equations)
    solved: dict[str, Expression] = {}
    remaining = list(unknowns)
    while remaining:
        pivots = (_defined(equation, remaining) for equation in left), (_pivot(one, remaining, values) for one in left)
        index, name, found = next(
            ((index, *pivot) for found in pivots for index, pivot in enumerate(found) if pivot), (0, "", None)
        )
        if found is None:
            raise UnsolvedError(f"the equations do not determine {remaining[0]} by linear steps")
        del left[index]
        remaining.remove(name)
        left = [(_put(one, name, found), _put(other, name, found)) for one, other in left]
        solved = {other: _put(expression, name, found) for other, expression in solved.items()}
        solved[name] = _bounded(found)
    for first, second in equations:
        known = {**values, **{name: evaluate(expression, values) for name, expression in solved.items()}}
        if evaluate(first, known) != evaluate(second, known):
            raise ContradictionError("the equations contradict one another")
    return solved


def _defined(equation: Equation, remaining: Sequence[str]) -> tuple[str, Expression] | None:
    """The unknown that stands alone on one side of an equation, and not on the other, with that other side."""
    for alone, other in (equation, equation[::-1]):
        if isinstance(alone, Symbol) and alone.name in remaining and alone.name not in symbols(other):
            return alone.name, other
    return None


def _pivot(
    equation: Equation, remaining: Sequence[str], values: Mapping[str, Fraction]
) -> tuple[str, Expression] | None:
    """An unknown for which the equation can be solved, with what it is over all others."""
    try:
        linear = _difference(*equation, remaining)
    except _NonlinearError:
        return None
    name = next((name for name in remaining if _at(linear.coefficients.get(name), values)), None)
    return None if name is None else (name, linear.solved_for(name))


def _at(coefficient: Expression | None, values: Mapping[str, Fraction]) -> bool:
    """Whether a coefficient is not zero at the values; one that still has unknowns in it is taken for zero."""
    if coefficient is None or not symbols(coefficient) <= values.keys():
        return False
    return bool(evaluate(coefficient, values))


def _put(node: Expression, name: str, found: Expression) -> Expression:
    return _bounded(replace(node, lambda each: found if isinstance(each, Symbol) and each.name == name else None))


def _bounded(node: Expression) -> Expression:
    """The expression itself. Raises TooLargeError where it has more than MAX_NODES parts."""
    if _size(node, {}) > MAX_NODES:
        raise TooLargeError(f"a system whose solution has more than {MAX_NODES} parts")
    return node


def _size(node: Expression, sizes: dict[int, int]) -> int:
    """How many parts an expression has, those that are shared counted wherever they stand."""
    if id(node) not in sizes:
        match node:
            case Operation():
                sizes[id(node)] = 1 + _size(node.left, sizes) + _size(node.right, sizes)
            case Number() | Symbol():
                sizes[id(node)] = 1
            case _:
                sizes[id(node)] = 1 + _size(node.operand, sizes)
    return sizes[id(node)]


@dataclass(slots=True)
class _Linear:
    """sum(coefficient * unknown) + constant; parts that are zero are left out."""

    coefficients: dict[str, Expression] = field(default_factory=dict)
    constant: Expression | None = None

    def plus(self, other: "_Linear", sign: str) -> "_Linear":
        names = dict.fromkeys((*self.coefficients, *other.coefficients))
        added = {name: _sum(self.coefficients.get(name), other.coefficients.get(name), sign) for name in names}
        return _Linear(
            {name: value for name, value in added.items() if value is not None},
            _sum(self.constant, other.constant, sign),
        )

    def times(self, factor: "_Linear") -> "_Linear":
        if self.coefficients and factor.coefficients:
            raise _NonlinearError("a product of unknowns")
        linear, constant = (self, factor.constant) if not factor.coefficients else (factor, self.constant)
        if constant is None:
            return _Linear()
        return _Linear(
            {name: _product(value, constant) for name, value in linear.coefficients.items()},
            None if linear.constant is None else _product(linear.constant, constant),
        )

    def over(self, constant: Expression) -> "_Linear":
        return _Linear(
            {name: _quotient(value, constant) for name, value in self.coefficients.items()},
            None if self.constant is None else _quotient(self.constant, constant),
        )

    def solved_for(self, name: str) -> Expression:
        """The unknown from `self = 0`, over all the others."""
        coefficient = self.coefficients[name]
        rest: Expression | None = self.constant
        for other, value in self.coefficients.items():
            if other != name:
                rest = _sum(rest, _product(value, Symbol(other)), "+")
        if rest is None:
            return Number(Fraction(0))
        return _quotient(_negative(rest), coefficient)


def _difference(first: Expression, second: Expression, unknowns: Sequence[str]) -> _Linear:
    """first - second, multiplied by the denominators that have an unknown in them."""
    (top, bottom), (other_top, other_bottom) = _ratio(first, unknowns), _ratio(second, unknowns)
    return top.times(other_bottom).plus(other_top.times(bottom), "-")


_ONE = _Linear(constant=Number(Fraction(1)))


def _ratio(node: Expression, unknowns: Sequence[str]) -> tuple[_Linear, _Linear]:
    """The node as a quotient of two linear forms, the second of them 1 where no unknown is divided by."""
    if not symbols(node) & set(unknowns):
        return _Linear(constant=node), _ONE
    match node:
        case Symbol():
            return _Linear({node.name: Number(Fraction(1))}), _ONE
        case Negation():
            top, bottom = _ratio(node.operand, unknowns)
            return _Linear().plus(top, "-"), bottom
        case Percent():
            top, bottom = _ratio(node.operand, unknowns)
            return top.over(Number(Fraction(100))), bottom
        case Operation("^", base, Number(value=exponent)) if exponent == 1:
            return _ratio(base, unknowns)
        case Operation(operator, left, right) if operator != "^":
            (top, bottom), (other_top, other_bottom) = _ratio(left, unknowns), _ratio(right, unknowns)
            if operator == "*":
                return top.times(other_top), bottom.times(other_bottom)
            if operator == "/":
                if not other_top.coefficients and other_top.constant is not None and other_bottom is _ONE:
                    return top.over(other_top.constant), bottom
                return top.times(other_bottom), bottom.times(other_top)
            if bottom is _ONE and other_bottom is _ONE:
                return top.plus(other_top, operator), _ONE
            return top.times(other_bottom).plus(other_top.times(bottom), operator), bottom.times(other_bottom)
    raise _NonlinearError("a power or a root of an unknown")


def _is(node: Expression, value: int) -> bool:
    return isinstance(node, Number) and node.value == value


def _sum(first: Expression | None, second: Expression | None, sign: str) -> Expression | None:
    if second is None:
        return first
    if first is None:
        return second if sign == "+" else _negative(second)
    if isinstance(first, Number) and isinstance(second, Number):
        total = first.value + second.value if sign == "+" else first.value - second.value
        return Number(total) if total else None
    if isinstance(second, Negation):
        return _sum(first, second.operand, "-" if sign == "+" else "+")
    if isinstance(first, Negation) and sign == "+":
        return Operation("-", second, first.operand)
    return Operation("+" if sign == "+" else "-", first, second)


def _negative(node: Expression) -> Expression:
    match node:
        case Number():
            return Number(-node.value)
        case Negation():
            return node.operand
        case Operation("-", left, right):
            return Operation("-", right, left)
        case Operation("/", Operation("-", left, right), divisor):
            return Operation("/", Operation("-", right, left), divisor)
    return Negation(node)


def _product(first: Expression, second: Expression) -> Expression:
    (first, minus), (second, other) = _without_sign(first), _without_sign(second)
    if isinstance(first, Number) and isinstance(second, Number):
        product: Expression = Number(first.value * second.value)
    elif _is(first, 1):
        product = second
    else:
        product = first if _is(second, 1) else Operation("*", first, second)
    return product if minus == other else _negative(product)


def _quotient(first: Expression, second: Expression) -> Expression:
    (first, minus), (second, other) = _without_sign(first), _without_sign(second)
    if isinstance(first, Number) and isinstance(second, Number) and second.value:
        quotient: Expression = Number(first.value / second.value)
    else:
        quotient = first if _is(second, 1) else Operation("/", first, second)
    return quotient if minus == other else _negative(quotient)


def _without_sign(node: Expression) -> tuple[Expression, bool]:
    """The node without a minus in front of it, and whether there was one."""
    if isinstance(node, Negation):
        return node.operand, True
    if isinstance(node, Number) and node.value < 0:
        return Number(-node.value), True
    return node, False
