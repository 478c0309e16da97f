"""Rollout: one completion of a solution from one of its steps, by a model, and whether it reaches the answer."""

from typing import Literal

from schemas.identity import content_id
from schemas.model import Model

RolloutOutcome = Literal["reached", "missed", "undecided"]


class RolledSolution(Model):
    """A solution whose steps are to be labelled by roll-outs: of a problem, or of a candidate's backward question."""

    problem_id: str
    candidate_id: str | None
    question: str
    answer: str
    steps: tuple[str, ...]

    @property
    def id(self) -> str:
        """Content id over the question and the steps."""
        return content_id("solution", self.problem_id, self.candidate_id or "", self.question, *self.steps)


class Rollout(Model):
    """What a model that went on behind step `step` (from 0) answered, and whether that is the right answer.

    `sample` numbers the completions of one step from 1; `key` names the request, whose call is in `llm_calls`.
    """

    solution_id: str
    problem_id: str
    candidate_id: str | None
    question: str
    steps: tuple[str, ...]
    step: int
    sample: int
    model: str
    key: str
    given: str
    outcome: RolloutOutcome
