"""Strategy: how backward problems are derived, and what names it."""

from dataclasses import dataclass

from generation.llm.prompt import prompt
from schemas.call import Purpose
from schemas.candidate import WordingKind
from schemas.formula import FormulaKind

VERSION = "2"
"""Goes up when the same problem may give other candidates: a new fingerprint, so that a run derives them anew."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """Where the formula comes from, how the question is put, and what a model is asked beside that.

    `samples` formulas are asked for each problem, `votes` solutions and, with `judge`, one judgement for each backward
    problem that is still standing.
    """

    formula: FormulaKind = "trace"
    wording: WordingKind = "fobar"
    model: str | None = None
    samples: int = 1
    votes: int = 0
    judge: bool = False

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """What a model is asked for; without any, no model is needed."""
        asked: list[Purpose] = []
        if self.formula == "formalize":
            asked.append("formalize")
        if self.wording != "fobar":
            asked.append(self.wording)
        return (*asked, *(("solve",) if self.votes else ()), *(("judge",) if self.judge else ()))

    @property
    def fingerprint(self) -> str:
        """Names all that decides what is derived: the strategy, the code's version, the model and its prompts."""
        parts = [self.formula, self.wording, VERSION]
        if self.purposes:
            parts += [self.model or "", *(prompt(purpose).version for purpose in self.purposes)]
            parts += [f"samples={self.samples}"] if self.formula == "formalize" else []
            parts += [f"votes={self.votes}"] if self.votes else []
        return "/".join(parts)
