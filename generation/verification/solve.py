"""The exact roots of a relation f(x) = A: in the fraction field, else by general solving in a killable worker."""

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_poly

from generation.verification.expression import Expression, ExpressionError, evaluate, parse
from generation.verification.general_solve import real_roots
from generation.verification.rational_function import RationalFunction, Value, fraction, number


@dataclass(frozen=True, slots=True)
class Roots:
    """The real roots of f(x) = A: the rational ones exactly, the others as decimals.

    `all_values` is true where every x is a root; `undecided` says why the roots could not all be told.
    """

    rational: tuple[Fraction, ...]
    irrational: tuple[str, ...] = ()
    all_values: bool = False
    undecided: str = ""

    def admissible(self, value: Fraction) -> list[str]:
        """The roots that a quantity such as `value` may have, as text: none below zero unless it is."""
        least = 0 if value >= 0 else None
        exact = [str(root) for root in self.rational if least is None or root >= least]
        return exact + [root for root in self.irrational if least is None or not root.startswith("-")]


def solve(function: Value, answer: Fraction) -> Roots:
    """Every real root of function = answer, those left out where a denominator is zero."""
    target = number(answer)
    if isinstance(function, fmpq):
        return Roots((), all_values=function == target)
    least = function.reduced()
    polynomial = least.numerator - target * least.denominator
    if not polynomial:
        return Roots((), all_values=True)
    if polynomial.degree() == 1:
        found = [-polynomial[0] / polynomial[1]]
        irrational: tuple[str, ...] = ()
    else:
        found, irrational = _of_higher_degree(polynomial)
    return Roots(tuple(sorted(fraction(root) for root in found if function.denominator(root))), irrational)


def solve_general(expression: Expression, unknown: str, answer: Expression) -> Roots:
    """Every real root of a relation that is no rational function, found in a killable worker within its limits."""
    found = real_roots(expression, unknown, answer)
    if found.outcome == "undecided":
        return Roots((), undecided=found.reason)
    rational, irrational = [], []
    for root in found.roots:
        try:
            rational.append(evaluate(parse(root)))
        except ExpressionError:
            irrational.append(root)
    return Roots(tuple(rational), tuple(irrational))


def holds(function: Value, answer: Fraction, value: Fraction) -> bool:
    """Whether f(value) is the answer exactly; false where f is not defined there."""
    if isinstance(function, RationalFunction):
        below = function.denominator(number(value))
        return bool(below) and function.numerator(number(value)) / below == number(answer)
    return bool(function == number(answer))


def _of_higher_degree(polynomial: fmpq_poly) -> tuple[list[fmpq], tuple[str, ...]]:
    """The rational roots, from the factors over Q, and the real irrational ones, isolated by FLINT's balls."""
    _, factors = polynomial.factor()
    rational = [-factor[0] / factor[1] for factor, _ in factors if factor.degree() == 1]
    irrational: list[float] = []
    for factor, _ in factors:
        if factor.degree() > 1:
            irrational += [float(root.real) for root, _ in factor.complex_roots() if root.imag == 0]
    return rational, tuple(f"{root:.6g}…" for root in sorted(irrational))
