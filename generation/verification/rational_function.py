"""Rational functions of one unknown over the rationals: the fraction field Q(x), on FLINT's polynomials.

Addition, multiplication and division cost microseconds at the degrees of word problems; two expressions are the same
function exactly where their reduced forms are the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import fmpq, fmpq_poly

from generation.verification.expression import (
    MAX_BITS,
    Call,
    Expression,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    TooLargeError,
    UndefinedValueError,
    square_root,
    whole_exponent,
)

MAX_DEGREE = 16
"""Degree of a numerator or a denominator."""


class NotRationalError(UndefinedValueError):
    """A root or an absolute value of the unknown: no rational function."""


@dataclass(frozen=True, slots=True)
class RationalFunction:
    """numerator/denominator, not reduced; the denominator is not zero."""

    numerator: fmpq_poly
    denominator: fmpq_poly

    def reduced(self) -> "RationalFunction":
        """Without common factors, the denominator monic: equal functions have equal reduced forms."""
        if self.denominator.degree() == 0:  # a polynomial, as most are: it needs no greatest common divisor
            return self if self.denominator == _ONE else RationalFunction(self.numerator / self.denominator[0], _ONE)
        common = self.numerator.gcd(self.denominator)
        numerator, denominator = self.numerator // common, self.denominator // common
        lead = denominator[denominator.degree()]
        return RationalFunction(numerator / lead, denominator / lead)

    def depends(self) -> bool:
        """Whether the unknown matters."""
        least = self.reduced()
        return bool(least.numerator.degree() > 0 or least.denominator.degree() > 0)


Value: TypeAlias = fmpq | RationalFunction
_ONE = fmpq_poly([1])
UNKNOWN = RationalFunction(fmpq_poly([0, 1]), _ONE)
"""The unknown itself."""


def number(value: Fraction) -> fmpq:
    """The FLINT rational of a fraction."""
    return fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """The fraction of a FLINT rational."""
    return Fraction(int(value.p), int(value.q))


def function_of(value: Value) -> RationalFunction:
    """A constant as a function."""
    return value if isinstance(value, RationalFunction) else RationalFunction(fmpq_poly([value]), _ONE)


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same function of the unknown."""
    if isinstance(one, fmpq) and isinstance(other, fmpq):
        return bool(one == other)
    first, second = function_of(one), function_of(other)
    return bool(first.numerator * second.denominator == second.numerator * first.denominator)


def bounded(value: Value) -> Value:
    """The value itself. Raises TooLargeError for a function with a coefficient over MAX_BITS."""
    if isinstance(value, RationalFunction):
        for side in (value.numerator, value.denominator):
            if side.numer().height_bits() > MAX_BITS or side.denom().bit_length() > MAX_BITS:
                raise TooLargeError(f"a coefficient of more than {MAX_BITS} bits")
    return value


def compute(expression: Expression, values: Mapping[str, Value]) -> Value:
    """The expression over the given values, a constant where the unknown is not in it.

    Raises UndefinedValueError for a division by zero or an irrational root, NotRationalError where the unknown stands
    under a root, in an absolute value or in an exponent, TooLargeError over MAX_DEGREE, or a power over MAX_BITS.
    """
    if isinstance(expression, Number):
        if expression.rational is None:
            expression.rational = fmpq(expression.value.numerator, expression.value.denominator)
        return expression.rational
    if isinstance(expression, Symbol):
        try:
            return values[expression.name]
        except KeyError:
            raise UndefinedValueError(f"{expression.name} has no value") from None
    if isinstance(expression, Operation):
        left, right, operator = compute(expression.left, values), compute(expression.right, values), expression.operator
        if isinstance(left, fmpq) and isinstance(right, fmpq):
            if operator == "*":
                return left * right
            if operator == "+":
                return left + right
            if operator == "-":
                return left - right
        return combine(operator, left, right)
    operand = compute(expression.operand, values)
    if isinstance(expression, Negation):
        return combine("-", fmpq(0), operand)
    if isinstance(expression, Percent):
        return combine("/", operand, fmpq(100))
    return _call(expression, operand)


def combine(operator: str, left: Value, right: Value) -> Value:
    """One operation; raises as `compute` does."""
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return _combine_constants(operator, left, right)
    if operator == "^":
        if isinstance(right, RationalFunction):
            raise NotRationalError("the unknown stands in an exponent")
        return _power(function_of(left), whole_exponent(fraction(right)))
    if isinstance(right, fmpq) and isinstance(left, RationalFunction):
        return _with_constant(operator, left, right)
    a, b = function_of(left), function_of(right)
    if operator in "+-":
        if a.denominator == b.denominator:
            top = a.numerator + b.numerator if operator == "+" else a.numerator - b.numerator
            result = RationalFunction(top, a.denominator)
        else:
            first, second = a.numerator * b.denominator, b.numerator * a.denominator
            result = RationalFunction(
                first + second if operator == "+" else first - second, a.denominator * b.denominator
            )
    elif operator == "*":
        result = RationalFunction(a.numerator * b.numerator, a.denominator * b.denominator)
    else:
        if not b.numerator:
            raise UndefinedValueError("division by zero")
        result = RationalFunction(a.numerator * b.denominator, a.denominator * b.numerator)
    if result.numerator.degree() > MAX_DEGREE or result.denominator.degree() > MAX_DEGREE:
        raise TooLargeError(f"a degree over {MAX_DEGREE}")
    return result


def _with_constant(operator: str, left: RationalFunction, right: fmpq) -> RationalFunction:
    """An operation with a constant on the right, which leaves the denominator as it is."""
    top, bottom = left.numerator, left.denominator
    if operator == "*":
        return RationalFunction(top * right, bottom)
    if operator == "/":
        if not right:
            raise UndefinedValueError("division by zero")
        return RationalFunction(top / right, bottom)
    return RationalFunction(top + right * bottom if operator == "+" else top - right * bottom, bottom)


def _combine_constants(operator: str, left: fmpq, right: fmpq) -> fmpq:
    # No look at the size of sums, products and quotients: the parser's limits on digits and operations bound them.
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        if not right:
            raise UndefinedValueError("division by zero")
        return left / right
    exponent = whole_exponent(fraction(right))
    if exponent < 0 and not left:
        raise UndefinedValueError("division by zero")
    if max(left.p.bit_length(), left.q.bit_length()) * abs(exponent) > MAX_BITS:
        raise TooLargeError(f"a power of more than {MAX_BITS} bits")
    return left**exponent


def _power(base: RationalFunction, exponent: int) -> RationalFunction:
    size = abs(exponent)
    if max(base.numerator.degree(), base.denominator.degree()) * size > MAX_DEGREE:
        raise TooLargeError(f"a degree over {MAX_DEGREE}")
    if exponent < 0:
        if not base.numerator:
            raise UndefinedValueError("division by zero")
        return RationalFunction(base.denominator**size, base.numerator**size)
    return RationalFunction(base.numerator**size, base.denominator**size)


def _call(node: Call, operand: Value) -> Value:
    if isinstance(operand, RationalFunction):
        raise NotRationalError(f"the unknown stands in {node.function}")
    if node.function == "abs":
        return abs(operand)
    return number(square_root(fraction(operand)))
