"""Derivation: what one problem gave: its conditions, its formula or the reason there is none, and its candidates."""

from schemas.candidate import BackwardProblem
from schemas.check import Outcome
from schemas.condition import Condition
from schemas.formula import Formula, FormulaKind
from schemas.model import Model
from schemas.sample import Sample


class Derivation(Model):
    """The result of deriving backward problems from one problem; the unit in which a run writes and resumes.

    `samples` are what models wrote for it, right or wrong. `failed` says that it could not be derived because a model's
    answer could not be had, with the reason in `reason`: it is not done, and a later run derives it anew.
    """

    problem_id: str
    kind: FormulaKind
    conditions: tuple[Condition, ...]
    formula: Formula | None
    outcome: Outcome
    reason: str
    candidates: tuple[BackwardProblem, ...]
    samples: tuple[Sample, ...] = ()
    failed: bool = False
