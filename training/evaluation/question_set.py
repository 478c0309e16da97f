"""An evaluation set that was read, and the part of it that is asked."""

from dataclasses import dataclass, replace
from pathlib import Path

from schemas.evaluation import EvaluatedSet, Question
from schemas.identity import content_id
from training.evaluation.process_bench import Marked


@dataclass(frozen=True)
class QuestionSet:
    """What is known of a set, and its questions, or the solutions that are marked in it."""

    about: EvaluatedSet
    questions: tuple[Question, ...] = ()
    marked: tuple[Marked, ...] = ()
    file: Path | None = None

    def drawn(self, most: int, seed: int) -> "QuestionSet":
        """The questions of at most so many problems, drawn by the seed; 0 takes all.

        A problem is drawn by its own id and the seed alone, so that two sets draw the same problems as far as they
        share them, and two models are asked the same questions.
        """
        if not most:
            return self
        problems = {each.problem_id for each in self.questions} | {each.row_id for each in self.marked}
        chosen = set(sorted(problems, key=lambda problem: content_id("drawn", str(seed), problem))[:most])
        questions = tuple(each for each in self.questions if each.problem_id in chosen)
        marked = tuple(each for each in self.marked if each.row_id in chosen)
        about = self.about.model_copy(update={"asked": len(questions) + len(marked)})
        return replace(self, about=about, questions=questions, marked=marked)
