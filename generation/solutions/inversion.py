"""The inversion of f(x) = A: one operation a line until the unknown stands alone."""

from fractions import Fraction

from flint import fmpq, fmpq_poly

from generation.solutions.polynomial import over_one_denominator, written
from generation.verification.expression import WRITTEN_SUM, decimal
from generation.verification.rational_function import RationalFunction, fraction
from schemas.step import Step


def inversion(function: RationalFunction, unknown: str, answer: Fraction, value: Fraction) -> list[Step]:
    """One operation a line from f(x) = A to x = value."""
    top, divisor = over_one_denominator(function)
    left, right = top, fmpq_poly([fmpq(answer.numerator, answer.denominator)])
    steps: list[Step] = []

    def line(words: str) -> None:
        equation = f"{written(left, unknown)[0]} = {written(right, unknown)[0]}"
        steps.append(Step(text=f"{words}: {equation}.", equation=equation))

    if divisor != 1:
        right = right * divisor
        line(f"Multiply both sides by {_bracketed(divisor, unknown)}")
    if max(left.degree(), right.degree()) > 1:
        return steps + _by_factors(left - right, unknown, value)
    if right.degree() == 1 or left[1] < 0:
        # The smaller of the two terms in the unknown goes, so that what is left is positive.
        swap = right[1] > left[1]
        moved = fmpq_poly([0, min(left[1], right[1])])
        left, right = (right - moved, left - moved) if swap else (left - moved, right - moved)
        if moved:
            line(_moved(written(moved if moved[1] > 0 else -moved, unknown)[0], moved[1] > 0))
    if left[0]:
        constant = left[0]
        left, right = left - constant, right - constant
        line(_moved(decimal(abs(fraction(constant))), constant > 0))
    coefficient = fraction(left[1])
    if coefficient.denominator != 1:
        left, right = left * coefficient.denominator, right * coefficient.denominator
        line(f"Multiply both sides by {coefficient.denominator}")
    if coefficient.numerator != 1:
        left, right = left / left[1], right / left[1]
        line(f"Divide both sides by {coefficient.numerator}")
    if not steps:
        line("So")
    return steps


def _moved(term: str, subtract: bool) -> str:
    return f"Subtract {term} from both sides" if subtract else f"Add {term} to both sides"


def _bracketed(polynomial: fmpq_poly, unknown: str) -> str:
    text, binding = written(polynomial, unknown)
    return f"({text})" if binding == WRITTEN_SUM else text


def _by_factors(polynomial: fmpq_poly, unknown: str, value: Fraction) -> list[Step]:
    """The equation brought to zero and the factor of the admissible root named."""
    zero = f"{written(polynomial, unknown)[0]} = 0"
    root = fmpq(value.numerator, value.denominator)
    rest = polynomial // fmpq_poly([-root, 1])
    factors = f"({written(fmpq_poly([-root, 1]), unknown)[0]})*({written(rest, unknown)[0]}) = 0"
    found = f"{unknown} = {value}"
    return [
        Step(text=f"Bring everything to one side: {zero}.", equation=zero),
        Step(text=f"Factor the left side: {factors}.", equation=factors),
        Step(text=f"The other factor has no root that such a quantity can have, so {found}.", equation=found),
    ]
