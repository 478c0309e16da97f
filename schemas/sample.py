"""Sample: something that a model wrote and the platform proved, refuted, or could not tell."""

from schemas.call import Purpose
from schemas.check import Outcome
from schemas.identity import content_id
from schemas.model import Model
from schemas.step import Step


class Sample(Model):
    """One answer of a model, kept whatever it was worth: incorrect ones are what reward models learn from.

    `steps` are its lines: the steps of a formula (`formalize`) or of a solution (`solve`), or one step that holds a
    backward question (`declarative`, `rewrite`). `candidate_id` is the backward problem that it was written for, None
    for the forward problem. `outcome` is `pass` where all of it is proved, `fail` where it is wrong; `broken_step` is
    then the index, from 0, of the first step that does not hold, where it can be told. `key` names its request.
    """

    problem_id: str
    candidate_id: str | None
    purpose: Purpose
    model: str
    key: str
    steps: tuple[Step, ...]
    outcome: Outcome
    broken_step: int | None
    reason: str

    @property
    def id(self) -> str:
        """Content id: the same answer to the same request for the same candidate is the same sample."""
        return content_id("sample", self.key, self.problem_id, self.candidate_id or "", *(s.text for s in self.steps))
