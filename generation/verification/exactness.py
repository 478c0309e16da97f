"""Whether a constant is exactly zero: shown, refuted, or left open, and never by tolerance."""

from typing import Any

import sympy

DIGITS = 40
"""Precision of the numbers that refute."""
_GAP = sympy.Float(10) ** (-DIGITS // 2)


def is_zero(constant: Any) -> bool | None:
    """True by algebra, False where it is certainly apart from zero, None where neither is shown.

    An algebraic number is zero exactly where its minimal polynomial is that of zero.
    """
    if constant == 0:
        return True
    if is_apart_from_zero(constant):
        return False
    if constant.is_algebraic:
        unknown = sympy.Symbol("z")
        return bool(sympy.minimal_polynomial(constant, unknown) == unknown)
    return True if sympy.simplify(constant) == 0 else None


def is_apart_from_zero(constant: Any) -> bool:
    """Whether the constant is further from zero than its own error at DIGITS digits can account for."""
    size = abs(constant.evalf(DIGITS))
    # A sum that cancels completely comes back with hardly any bits of precision.
    return bool(size.is_Float and size._prec > 1 and size > _GAP)
