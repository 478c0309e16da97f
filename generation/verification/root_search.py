"""All real roots of a relation with roots, absolute values or exponentials. Runs in the killable worker only.

Each root and absolute value becomes a new unknown s with s^2 = u, each power b^x one with t = b^x; resultants take the
s away again, and what is left is a polynomial among whose real roots are all solutions. Each is then put back into the
relation, and only what is proved to hold there is kept. So the roots that are returned are all there are.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import sympy

from generation.verification.exactness import is_apart_from_zero, is_zero
from generation.verification.expression import (
    Call,
    Expression,
    ExpressionError,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    UndefinedValueError,
    evaluate,
    parse,
    symbols,
    whole_exponent,
)


class NoMethodError(ExpressionError):
    """No method here finds all roots of such a relation."""


def search(text: str, unknown: str, target: str) -> tuple[list[str], str | None]:
    """The real roots of text = target, exact, in ascending order; or none, and why they cannot be told."""
    relation = _Relation()
    try:
        difference = relation.rational(parse(text, (unknown,))) - relation.rational(parse(target))
        return [relation.written(root) for root in relation.roots(difference)], None
    except ExpressionError as error:
        return [], str(error)


@dataclass(frozen=True)
class _Defined:
    """A new unknown: the non-negative number whose square is `square`; of a root, `square` has to be one, too."""

    symbol: Any
    square: Any
    inside: Any
    kind: Literal["sqrt", "abs"]


@dataclass
class _Relation:
    """A relation on the way to a polynomial: what was put in for its parts, and what must not be zero."""

    defined: list[_Defined] = field(default_factory=list)
    divisors: list[Any] = field(default_factory=list)
    base: Fraction | None = None
    x: Any = field(default_factory=lambda: sympy.Symbol("x", real=True))
    power: Any = field(default_factory=lambda: sympy.Symbol("t", positive=True))

    def rational(self, node: Expression) -> Any:
        """The node as a rational function of x or b^x and the new unknowns."""
        match node:
            case Number():
                return sympy.Rational(*node.value.as_integer_ratio())
            case Symbol():
                return self.x
            case Negation():
                return -self.rational(node.operand)
            case Percent():
                return self.rational(node.operand) / 100
            case Call():
                return self.define(self.rational(node.operand), "abs" if node.function == "abs" else "sqrt")
            case Operation("^"):
                return self.raised(node.left, node.right)
            case Operation():
                left, right = self.rational(node.left), self.rational(node.right)
                match node.operator:
                    case "+":
                        return left + right
                    case "-":
                        return left - right
                    case "*":
                        return left * right
                return left / self.divisor(right)

    def divisor(self, value: Any) -> Any:
        if value == 0:
            raise UndefinedValueError("division by zero")
        self.divisors.append(value)
        return value

    def define(self, inside: Any, kind: Literal["sqrt", "abs"]) -> Any:
        symbol = sympy.Symbol(f"s{len(self.defined)}", real=True)
        self.defined.append(_Defined(symbol, inside if kind == "sqrt" else inside**2, inside, kind))
        return symbol

    def raised(self, base: Expression, exponent: Expression) -> Any:
        if symbols(exponent):
            return self.exponential(base, exponent)
        value = evaluate(exponent)
        inside = self.rational(base)
        if value.denominator == 2:
            inside, value = self.define(inside, "sqrt"), 2 * value
        power = whole_exponent(value)
        return (self.divisor(inside) if power < 0 else inside) ** power

    def exponential(self, base: Expression, exponent: Expression) -> Any:
        """b^(mx + c) as b^c (b^x)^m, for one rational b and whole m and c."""
        if symbols(base):
            raise NoMethodError("the unknown is in a base and in its exponent")
        value = evaluate(base)
        linear = sympy.cancel(self.rational(exponent))
        if value <= 0 or value == 1 or self.base not in (None, value) or not linear.is_polynomial(self.x):
            raise NoMethodError("exponentials that are no powers of one base")
        polynomial = sympy.Poly(linear, self.x)
        if polynomial.degree() != 1 or not all(number.is_Integer for number in polynomial.all_coeffs()):
            raise NoMethodError("an exponent that is not linear with whole coefficients")
        self.base = value
        slope, constant = map(int, polynomial.all_coeffs())
        whole_exponent(Fraction(max(abs(slope), abs(constant))))
        return sympy.Rational(*value.as_integer_ratio()) ** constant * self.power**slope

    def roots(self, difference: Any) -> list[Any]:
        """The values of x, or of b^x, for which the difference is zero."""
        unknown = self.x if self.base is None else self.power
        if self.base is not None and any(
            part.has(self.x) for part in (difference, *(one.inside for one in self.defined))
        ):
            raise NoMethodError("the unknown is in an exponent and outside of it")
        polynomial = sympy.fraction(sympy.together(difference))[0]
        for one in reversed(self.defined):
            square = sympy.fraction(sympy.together(one.symbol**2 - one.square))[0]
            polynomial = sympy.resultant(polynomial, square, one.symbol)
        polynomial = sympy.expand(polynomial)
        if polynomial == 0:
            raise NoMethodError("more than finitely many values may be roots")
        if not polynomial.has(unknown):
            return []
        candidates = sorted(set(sympy.real_roots(sympy.Poly(polynomial, unknown))))
        return [root for root in candidates if self.holds(difference, unknown, root)]

    def holds(self, difference: Any, unknown: Any, root: Any) -> bool:
        """Whether the relation holds at the root, by substitution. Raises NoMethodError where that cannot be shown."""
        if self.base is not None and not root > 0:
            return False
        values = {unknown: root}
        for one in self.defined:
            inside = one.inside.subs(values)
            if one.kind == "sqrt" and inside != 0 and is_apart_from_zero(inside) and inside < 0:
                return False
            values[one.symbol] = sympy.Abs(inside) if one.kind == "abs" else sympy.sqrt(inside)
        for value in self.divisors:
            if self.is_zero(value.subs(values)):
                return False
        if not self.defined and not root.is_Rational:
            return True  # a root of the numerator itself
        return self.is_zero(difference.subs(values))

    def is_zero(self, constant: Any) -> bool:
        zero = is_zero(constant)
        if zero is None:
            raise NoMethodError("whether a root is one is not shown")
        return zero

    def written(self, root: Any) -> str:
        """The root as text: a fraction where it is rational, else as sympy writes it."""
        if self.base is not None:
            root = sympy.expand_log(
                sympy.log(root) / sympy.log(sympy.Rational(*self.base.as_integer_ratio())), force=True
            )
            root = sympy.cancel(root)
        return str(Fraction(root.p, root.q)) if root.is_Rational else str(root)
