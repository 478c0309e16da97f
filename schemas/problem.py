"""Problem: a forward problem as a source gives it."""

from functools import cached_property
from typing import Literal

from schemas.identity import content_id
from schemas.model import Model

Notation = Literal["annotated", "latex", "equation", "text"]
"""How a solution writes its calculations: GSM8K's `<<48/2=24>>`, LaTeX, one bare equation, or plain sentences."""


class Problem(Model):
    """A forward problem: question, solution, answer, source, licence.

    `solution` is the source's own text, one step a line, annotations kept; `answer` is the exact final answer
    as text (`72`, `1/3`, or LaTeX for `math`); `origin` says where in the source the row stands.
    """

    question: str
    solution: str
    answer: str
    notation: Notation
    source: str
    split: str
    licence: str
    origin: str

    @cached_property
    def id(self) -> str:
        """Content id over source, question, solution and answer: the same row of another file is the same problem."""
        return content_id("problem", self.source, self.question, self.solution, self.answer)
