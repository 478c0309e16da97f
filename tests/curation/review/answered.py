"""Answers as Argilla gives them, read, kept and decided by as a pull does it; and a real candidate to give them to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from curation import candidates
from curation.review import reading, reviews
from curation.review.deciding import decide
from curation.review.record import step_spans
from curation.store import Store
from generation.derive import derive
from schemas.candidate import BackwardProblem
from schemas.check import Check
from schemas.problem import Problem
from schemas.review import Review, ReviewStage
from tests.curation import made
from tests.generation.wordings.worded import ROLLS, fobar

NOON = datetime(2026, 3, 2, 12)
CORRECTED = (
    "A bakery sells x rolls in the morning, and half as many rolls in the afternoon. Altogether it sells 72 rolls in a "
    "day. What is x?"
)
ALSO_CORRECTED = CORRECTED.replace("What is x?", "What is the value of x?")
LEAKY = CORRECTED.replace("x rolls", "x rolls, 48 of them,")

Response = dict[str, Any]


def store(folder: Path, *, doubt: bool = True, of: Problem = ROLLS) -> tuple[Store, str]:
    """A store with the real candidates of a problem, and the id of the one that hides the first condition.

    That one is decided `review`, for want of provenance, or else accepted; the others are as they are derived.
    """
    derivation = derive(of)
    first = derivation.candidates[0]
    asked = first.model_copy(update={"checks": tuple(map(_doubted, first.checks))}) if doubt else first
    kept = made.ingested(folder, of)
    made.derived(kept, derivation.model_copy(update={"candidates": (asked, *derivation.candidates[1:])}))
    return kept, asked.id


def _doubted(check: Check) -> Check:
    return check.model_copy(update={"outcome": "undecided"}) if check.name == "provenance" else check


def response(
    key: str, reviewer: str, seconds: float = 0, *, status: str = "submitted", stage: str = "review", **values: Any
) -> Response:
    """A response of Argilla's: one reviewer's to one record, as it stands so many seconds after noon."""
    return {
        "id": f"{stage} {reviewer} {key}",
        "candidate": key,
        "reviewer": reviewer,
        "status": status,
        "values": {name: {"value": value} for name, value in values.items()},
        "updated_at": (NOON + timedelta(seconds=seconds)).isoformat(),
    }


def read(
    given: Response,
    candidate: BackwardProblem | None = None,
    before: Review | None = None,
    stage: ReviewStage = "review",
) -> Review | None:
    """The event that a response is."""
    of = candidate or fobar(ROLLS, "48")
    return reading.read(given, of, given["candidate"], stage, given["reviewer"], before)


def pull(to: Store, *given: Response, needed: int = 1, stage: ReviewStage = "review") -> Counter[str]:
    """Take in the responses as they stand now, and decide."""
    with to.connect() as connection:
        known = reviews.last_events(connection, stage)
        whole = candidates.read(connection, [each["candidate"] for each in given])
        events = [read(each, whole[each["candidate"]][1], known.get(each["id"]), stage) for each in given]
        reviews.append(connection, [event for event in events if event])
        return decide(connection, stage, needed)


def decision(of: Store, key: str) -> tuple[str, str, str]:
    """What holds of a candidate in the overview: the decision, its first reason and who decided."""
    ((found, reason, by),) = made.query(
        of, "SELECT decision, reasons[1], decided_by FROM candidate_overview WHERE candidate_id = ?", key
    )
    return found, reason, by


def corrections(of: Store, corrects: str) -> list[tuple[str, str]]:
    """The candidates that corrections of one made, with their decisions, in order."""
    return made.query(
        of,
        "SELECT candidate_id, decision FROM corrections JOIN candidate_overview USING (candidate_id) "
        "WHERE corrects = ? ORDER BY corrected_at",
        corrects,
    )


def marks(candidate: BackwardProblem, steps: Iterable[int], *, shift: int = 0) -> Sequence[Mapping[str, Any]]:
    """A mark on each of the steps, but for its first and last `shift` characters."""
    spans = step_spans(candidate.solution)
    return [{"start": spans[step][0] + shift, "end": spans[step][1] - shift, "label": "wrong"} for step in steps]
