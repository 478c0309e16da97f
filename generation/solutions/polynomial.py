"""Functions of the unknown as people write them: over one denominator, the positive terms first."""

from fractions import Fraction
from math import lcm

from flint import fmpq, fmpq_poly

from generation.verification.expression import (
    WRITTEN_ATOM,
    WRITTEN_PRODUCT,
    WRITTEN_SIGN,
    WRITTEN_SUM,
    Written,
    decimal,
    written_number,
)
from generation.verification.rational_function import RationalFunction, Value, fraction


def simplest(value: Value, unknown: str) -> Written:
    """A function of the unknown in its simplest form, `(3*x + 10)/2` or `3*x + 2.5`, or a constant."""
    if isinstance(value, fmpq):
        return written_number(decimal(fraction(value)))
    numerator, denominator = over_one_denominator(value)
    top = written(numerator, unknown)
    return top if denominator == 1 else _quotient(top, written(denominator, unknown))


def _quotient(top: Written, bottom: Written) -> Written:
    numerator = top[0] if top[1] >= WRITTEN_PRODUCT else f"({top[0]})"
    denominator = bottom[0] if bottom[1] > WRITTEN_SIGN else f"({bottom[0]})"
    return f"{numerator}/{denominator}", WRITTEN_PRODUCT


def over_one_denominator(function: RationalFunction) -> tuple[fmpq_poly, fmpq_poly]:
    """Numerator and denominator without common factors, their coefficients whole.

    A single term, and a sum whose constant is a short decimal, `x + 10.5`, stay as they are over 1.
    """
    least = function.reduced()
    top, bottom = int(least.numerator.denom()), int(least.denominator.denom())
    scale = lcm(top, bottom)
    numerator, denominator = least.numerator * scale, least.denominator * scale
    if denominator.degree() > 0:
        negative = all(coefficient <= 0 for coefficient in numerator.coeffs())
        return (-numerator, -denominator) if negative else (numerator, denominator)
    coefficients = least.numerator.coeffs()
    single = sum(1 for coefficient in coefficients if coefficient) == 1
    if single or (100 % scale == 0 and all(coefficient.q == 1 for coefficient in coefficients[1:])):
        return least.numerator, least.denominator
    return numerator, denominator


def written(polynomial: fmpq_poly, unknown: str) -> Written:
    """A polynomial from the highest degree down, `2*x^2 - x/3 + 1`; a positive term comes first where there is one."""
    terms = [(value < 0, -degree, abs(value)) for degree, value in enumerate(polynomial.coeffs()) if value]
    if not terms:
        return "0", WRITTEN_ATOM
    text = ""
    for negative, degree, size in sorted(terms):
        sign = (" - " if negative else " + ") if text else ("-" if negative else "")
        text += sign + _term(size, -degree, unknown)
    if len(terms) > 1:
        return text, WRITTEN_SUM
    if "/" in text or "*" in text:
        return text, WRITTEN_PRODUCT
    return text, WRITTEN_SIGN if text[0] == "-" else WRITTEN_ATOM


def _term(size: fmpq, degree: int, unknown: str) -> str:
    top, bottom = int(size.p), int(size.q)
    if degree == 0:
        return str(top) if bottom == 1 else decimal(Fraction(top, bottom))
    power = unknown if degree == 1 else f"{unknown}^{degree}"
    return f"{'' if top == 1 else f'{top}*'}{power}{'' if bottom == 1 else f'/{bottom}'}"
