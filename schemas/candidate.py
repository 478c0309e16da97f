"""BackwardProblem: a problem with one condition hidden, and the checks of it."""

from functools import cached_property
from typing import Literal

from schemas.check import Check
from schemas.condition import Condition
from schemas.formula import FormulaKind
from schemas.identity import content_id
from schemas.model import Model
from schemas.relation import Relation
from schemas.step import Step

WordingKind = Literal["fobar", "declarative", "rewrite"]


class BackwardProblem(Model):
    """Problem + Condition + Relation + Wording: a candidate until it is decided.

    `relation` is None, and `solution` empty, where no equation in this condition could be had; the checks say why.
    """

    problem_id: str
    condition: Condition
    formula: FormulaKind
    wording: WordingKind
    relation: Relation | None
    question: str
    answer: str
    solution: tuple[Step, ...]
    checks: tuple[Check, ...]

    @cached_property
    def id(self) -> str:
        """Content id over everything but the checks, so that a repeated run gives the same candidate."""
        equation = self.relation.equation if self.relation else ""
        steps = (part for step in self.solution for part in (step.text, step.equation or ""))
        return content_id(
            "candidate",
            self.problem_id,
            str(self.condition.start),
            str(self.condition.end),
            self.formula,
            self.wording,
            equation,
            self.question,
            self.answer,
            *steps,
        )
