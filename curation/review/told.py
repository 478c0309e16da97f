"""What reviewers answered, told to the adjudicator without their names."""

from collections.abc import Sequence

from curation.review.markup import prose
from curation.review.settings import CATEGORIES, VERDICTS
from schemas.candidate import BackwardProblem
from schemas.review import Review


def told(answers: Sequence[Review], candidate: BackwardProblem) -> str:
    """The answers as Markdown, one below the other, in an order that does not tell who gave which."""
    ordered = sorted(answers, key=lambda review: review.response_id)
    return "\n\n".join(_one(number, review, candidate) for number, review in enumerate(ordered, 1))


def _one(number: int, review: Review, candidate: BackwardProblem) -> str:
    verdict = VERDICTS[review.verdict] if review.verdict else "no verdict"
    parts = [f"**Reviewer {number}: {prose(verdict)}**"]
    if review.category:
        parts.append(f"- {prose(CATEGORIES[review.category])}")
    parts.extend(f"- Marked: {prose(' '.join(candidate.solution[index].text.split()))}" for index in review.wrong_steps)
    for what, text in (
        ("Question", review.corrected_question),
        ("Answer", review.corrected_answer),
        ("Comment", review.comment),
        ("Cannot count", review.unusable),
    ):
        if text:
            parts.append(f"- {what}: {prose(' '.join(text.split()))}")
    return "\n".join(parts)
