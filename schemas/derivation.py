"""Derivation: what one problem gave: its conditions, its formula or the reason there is none, and its candidates."""

from schemas.candidate import BackwardProblem
from schemas.check import Outcome
from schemas.condition import Condition
from schemas.formula import Formula, FormulaKind
from schemas.model import Model


class Derivation(Model):
    """The result of deriving backward problems from one problem; the unit in which a run writes and resumes."""

    problem_id: str
    kind: FormulaKind
    conditions: tuple[Condition, ...]
    formula: Formula | None
    outcome: Outcome
    reason: str
    candidates: tuple[BackwardProblem, ...]
