"""What the answers to one candidate come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from generation.wordings.corrected import corrected, failures
from schemas.candidate import BackwardProblem
from schemas.decision import Verdict
from schemas.problem import Problem
from schemas.review import Review

DISAGREEMENT = "disagreement"
"""How the reason of a decision begins that adjudicators are to make."""


@dataclass(frozen=True)
class Outcome:
    """What the answers decide: `review` is for adjudicators. `made` is the corrected candidate, of the review `by`."""

    verdict: Verdict
    reason: str
    made: BackwardProblem | None = None
    by: Review | None = None


def outcome(answers: Sequence[Review], needed: int, problem: Problem, candidate: BackwardProblem) -> Outcome | None:
    """What the answers to a candidate decide; None while there are fewer than `needed`.

    All must say the same. Who cannot tell, whose answer makes no sense or whose correction does not hold agrees with
    nobody. Corrections that differ in their words are no disagreement where both hold: the first one is taken.
    """
    if len(answers) < needed:
        return None
    if doubt := _doubt(answers):
        return Outcome("review", f"{DISAGREEMENT}: {doubt}")
    names = _names(answers)
    verdict = answers[0].verdict
    if verdict == "accept":
        return Outcome("accept", f"accept: {names}")
    if verdict == "reject":
        categories = dict.fromkeys(review.category for review in answers if review.category)
        return Outcome("reject", f"{', '.join(categories) or 'other'}: {names}")
    return _correction(answers, names, problem, candidate)


def _doubt(answers: Sequence[Review]) -> str:
    """Why the answers decide nothing; empty where they do."""
    unusable = next((review for review in answers if review.unusable), None)
    if unusable:
        return f"the answer of {unusable.reviewer} cannot count: {unusable.unusable}"
    unsure = [review for review in answers if review.verdict == "unsure"]
    if unsure:
        return f"{_names(unsure)} cannot tell"
    if len({review.verdict for review in answers}) > 1:
        return ", ".join(f"{review.reviewer}: {review.verdict}" for review in answers)
    return ""


def _correction(answers: Sequence[Review], names: str, problem: Problem, candidate: BackwardProblem) -> Outcome:
    """The corrected candidate, where all corrections hold; the first that does not is the doubt."""
    made: list[BackwardProblem] = []
    for review in answers:
        if review.wrong_steps:
            return Outcome(
                "review", f"{DISAGREEMENT}: {review.reviewer} marks a step that the correction leaves as it is"
            )
        each = corrected(problem, candidate, review.corrected_question, review.corrected_answer)
        failed = failures(each)
        if failed:
            return Outcome(
                "review",
                f"{DISAGREEMENT}: the correction of {review.reviewer} fails {failed[0].name}: {failed[0].reason}",
            )
        made.append(each)
    for each, review in zip(made, answers, strict=True):
        if each.question != candidate.question:
            return Outcome("reject", f"corrected: {names}", each, review)
    return Outcome("accept", f"accept: {names}: the corrected answer is the same number")


def _names(answers: Sequence[Review]) -> str:
    return " and ".join(sorted({review.reviewer for review in answers}))
