"""Reading what a reviewer answered in Argilla: every answer is kept, and one that makes no sense says why."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from curation.columns import well_formed
from curation.review.record import step_spans
from schemas.candidate import BackwardProblem
from schemas.review import ErrorCategory, Review, ReviewEvent, ReviewStage, ReviewVerdict

MAX_TEXT = 6_000
"""Characters of a corrected question, or of a comment, that can count."""


def read(
    response: Mapping[str, Any],
    candidate: BackwardProblem,
    candidate_id: str,
    stage: ReviewStage,
    reviewer: str,
    before: Review | None,
) -> Review | None:
    """The event that a response of Argilla's is after `before`, the last one of it; None where nothing changed."""
    stood = before is not None and before.event != "withdrawn"
    answered_at = datetime.fromisoformat(response["updated_at"])
    if answered_at.tzinfo is not None:
        answered_at = answered_at.astimezone(UTC).replace(tzinfo=None)
    if response["status"] != "submitted":
        return withdrawn(before, answered_at) if before is not None and stood else None
    values = {name: each.get("value") for name, each in (response["values"] or {}).items() if isinstance(each, dict)}
    raw = well_formed(json.dumps(values, sort_keys=True, ensure_ascii=False))
    if before is not None and stood and before.raw == raw:
        return None
    event: ReviewEvent = "edited" if stood else "submitted"
    answer = _Answer(values, candidate)
    return Review(
        response_id=response["id"],
        candidate_id=candidate_id,
        stage=stage,
        reviewer=reviewer,
        event=event,
        verdict=answer.verdict,
        category=answer.category,
        corrected_question=answer.corrected_question,
        corrected_answer=answer.corrected_answer,
        wrong_steps=answer.wrong_steps,
        comment=answer.comment,
        raw=raw,
        unusable="; ".join(answer.nonsense),
        answered_at=answered_at,
    )


def withdrawn(review: Review, moment: datetime) -> Review:
    """The event that the answer was taken back."""
    return Review(
        response_id=review.response_id,
        candidate_id=review.candidate_id,
        stage=review.stage,
        reviewer=review.reviewer,
        event="withdrawn",
        verdict=None,
        category=None,
        corrected_question=None,
        corrected_answer=None,
        wrong_steps=(),
        comment=None,
        raw="{}",
        unusable="",
        answered_at=moment,
    )


class _Answer:
    """The values of a response, each read for itself; `nonsense` says what about them cannot count."""

    def __init__(self, values: Mapping[str, Any], candidate: BackwardProblem) -> None:
        self._values = values
        self.nonsense: list[str] = []
        self.verdict: ReviewVerdict | None = self._label("verdict", get_args(ReviewVerdict))
        self.category: ErrorCategory | None = self._label("category", get_args(ErrorCategory))
        self.corrected_question = self._changed("corrected_question", candidate.question)
        self.corrected_answer = self._changed("corrected_answer", candidate.answer)
        self.comment = self._text("comment")
        self.wrong_steps = self._marked(candidate)
        changed = bool(self.corrected_question or self.corrected_answer)
        if self.verdict is None and not self.nonsense:
            self.nonsense.append("there is no verdict")
        if self.verdict == "accept" and changed:
            self.nonsense.append("it is right as it is, and changed")
        if self.verdict == "accept" and self.wrong_steps:
            self.nonsense.append("it is right as it is, and a step is marked as wrong")
        if self.verdict == "correct" and not changed:
            self.nonsense.append("it is right with corrections, and nothing is corrected")

    def _label(self, name: str, known: tuple[Any, ...]) -> Any:
        value = self._values.get(name)
        if value is None or value in known:
            return value
        self.nonsense.append(f"{name} is {str(value)[:40]!r}, which we do not ask")
        return None

    def _text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.nonsense.append(f"{name} is no text")
            return None
        if len(value) > MAX_TEXT:
            self.nonsense.append(f"{name} has {len(value):,} characters, more than {MAX_TEXT:,}")
        return well_formed(value.strip()) or None

    def _changed(self, name: str, present: str) -> str | None:
        """The text where it is another than the present one: the page offers that to be changed."""
        text = self._text(name)
        return text if text and text.split() != present.split() else None

    def _marked(self, candidate: BackwardProblem) -> tuple[int, ...]:
        """The steps that are marked, from their places in the text; a mark over several steps marks each."""
        marks = self._values.get("wrong_step") or []
        spans = step_spans(candidate.solution)
        marked: set[int] = set()
        for mark in marks if isinstance(marks, list) else [marks]:
            try:
                start, end = int(mark["start"]), int(mark["end"])
            except (TypeError, KeyError, ValueError, OverflowError):
                self.nonsense.append("a mark has no place")
                continue
            touched = {step for step, (first, last) in enumerate(spans) if start < last and first < end}
            if not touched:
                self.nonsense.append("a mark is outside the steps")
            marked |= touched
        return tuple(sorted(marked))
