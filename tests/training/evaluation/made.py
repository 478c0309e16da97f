"""Answers made by hand, and a watch that stops when it is told to."""

from collections.abc import Callable, Mapping

from schemas.evaluation import Answered, GradedOutcome, QuestionKind


def answered(
    row_id: str,
    outcome: GradedOutcome = "equal",
    *,
    set_: str = "made",
    kind: QuestionKind = "forward",
    problem: str | None = None,
    sample: int = 0,
    answer: str | None = "1",
    leaked: bool | None = None,
    confidence: float | None = None,
    completion: str = "The answer is 1.",
    original_question: str | None = None,
) -> Answered:
    """One answer to a question whose gold answer is 1."""
    return Answered(
        set=set_,
        row_id=row_id,
        problem_id=problem or row_id,
        kind=kind,
        question=f"Question {row_id}?",
        gold="1",
        original_question=original_question,
        sample=sample,
        completion=completion,
        finished=True,
        tokens=4,
        seconds=0.1,
        confidence=confidence,
        answer=answer,
        outcome=outcome,
        reason="",
        leaked=leaked,
    )


class Stopping:
    """Keeps what it is told, and wants to stop once a condition holds of the answers that are done."""

    def __init__(self, when: Callable[[int], bool] = lambda done: False) -> None:
        self.when = when
        self.done = 0
        self.total = 0

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        self.done, self.total = done, total

    def stopping(self) -> bool:
        return self.when(self.done)
