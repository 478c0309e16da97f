"""Formula: the answer as an exact function of all the conditions."""

from typing import Literal

from schemas.model import Model

FormulaKind = Literal["trace", "formalize"]


class NumberOrigin(Model):
    """Where one number of a solution comes from.

    `origin` is `condition`, `result` (an earlier calculation), `constant` (implied by a word or a unit) or
    `unexplained`; `reason` says what it was read from; `certain` is false while another origin is possible.
    """

    number: str
    origin: Literal["condition", "result", "constant", "unexplained"]
    reason: str
    certain: bool


class Formula(Model):
    """The answer as an exact function of the conditions, `c0 + c0/2`; `ci` is the problem's i-th condition, from 0."""

    kind: FormulaKind
    expression: str
    numbers: tuple[NumberOrigin, ...]
