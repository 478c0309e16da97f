"""Quantity: where a known quantity stands and what it is worth, before its unit is read."""

from fractions import Fraction
from typing import NamedTuple

from schemas.condition import ConditionKind


class Quantity(NamedTuple):
    """A quantity at `text[start:end]`: its exact value and its kind, and for money the sign of its currency."""

    start: int
    end: int
    value: Fraction
    kind: ConditionKind
    sign: str | None = None
