"""Labels from reviewers: the first step that they marked as wrong, and questions that they found to be bad.

Only answers that count are used, and only where people decided against the candidate: then their marks stand. What
they accept keeps the labels of its proof.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from curation.process_labels.proved import Label, right
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from schemas.published import ProcessRow
from schemas.review import ErrorCategory, Review

BAD_QUESTION: frozenset[ErrorCategory] = frozenset(
    {"ill_posed", "ambiguous", "leak", "irrelevant_condition", "unnatural"}
)
"""What a reviewer may hold against the question; the other categories are about its equation or its solution."""


Value = TypeVar("Value", bound=Hashable)


def row(problem: Problem, candidate: BackwardProblem, reviews: Iterable[Review]) -> ProcessRow | None:
    """The candidate as its reviewers labelled it; None where no step and no category has more than half of them.

    An adjudicator's answer goes before those of the reviewers.
    """
    standing = _standing(reviews)
    labels = _labels(candidate, standing)
    if labels is None:
        return None
    return ProcessRow(
        prompt=problem.question,
        completions=(candidate.question, *(step.text for step in candidate.solution)),
        labels=labels,
        label_source="human",
        problem_id=problem.id,
    )


def _standing(reviews: Iterable[Review]) -> list[Review]:
    """The answers that hold: of each answer the last event, usable and against the candidate as it is."""
    last: dict[str, Review] = {}
    for review in sorted(reviews, key=lambda review: (review.answered_at, review.id)):
        last[review.response_id] = review
    usable = [each for each in last.values() if each.event != "withdrawn" and not each.unusable]
    decisive = [each for each in usable if each.stage == "adjudication"] or usable
    return [each for each in decisive if each.verdict in ("correct", "reject")]


def _labels(candidate: BackwardProblem, reviews: Sequence[Review]) -> tuple[Label, ...] | None:
    count = len(candidate.solution)
    category = _majority([review.category for review in reviews], len(reviews))
    if category in BAD_QUESTION:
        return (0, *(None,) * count)
    first = _majority([min(review.wrong_steps, default=None) for review in reviews], len(reviews))
    if first is None or not 0 <= first < count:
        return None
    question: Label = 1 if category == "wrong_step" else None  # they found nothing else to hold against it
    return (question, *right(first), 0, *(None,) * (count - first - 1))


def _majority(values: Sequence[Value | None], voters: int) -> Value | None:
    """What more than half of the voters say."""
    counted = Counter(value for value in values if value is not None).most_common(1)
    return counted[0][0] if counted and 2 * counted[0][1] > voters else None
