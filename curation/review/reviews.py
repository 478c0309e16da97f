"""Reviews: the events of reviewers' answers, only ever added to, and the answers that stand."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import insert, stored, strings
from curation.rows import rows
from schemas.review import Review, ReviewStage

_TEXTS = tuple(name for name in Review.model_fields if name not in ("wrong_steps", "answered_at"))


def append(connection: DuckDBPyConnection, reviews: Iterable[Review]) -> int:
    """Add the events that the store does not have, and return how many that are."""
    new = {review.id: review for review in reviews}
    for review_id in stored(connection, "reviews", "review_id", new):
        del new[review_id]
    if not new:
        return 0
    written = list(new.values())
    columns = {name: strings(getattr(review, name) for review in written) for name in _TEXTS}
    columns["review_id"] = strings(new)
    columns["wrong_steps"] = pa.array([list(review.wrong_steps) for review in written], pa.list_(pa.int64()))
    columns["answered_at"] = pa.array([review.answered_at for review in written], pa.timestamp("us"))
    now = datetime.now(UTC).replace(tzinfo=None)
    columns["pulled_at"] = pa.array([now] * len(written), pa.timestamp("us"))
    insert(connection, "reviews", columns)
    return len(written)


def last_events(connection: DuckDBPyConnection, stage: ReviewStage) -> dict[str, Review]:
    """The last event of every answer that was ever given at the stage, by `response_id`."""
    found = rows(connection, f"{_LAST} WHERE stage = ? {_OF_EACH}", [stage])
    return {row["response_id"]: Review.model_validate(row) for row in found}


def standing(
    connection: DuckDBPyConnection, stage: ReviewStage, candidate_ids: Sequence[str] | None = None
) -> dict[str, list[Review]]:
    """The answers at the stage that were not taken back, by candidate, in the order in which they were given."""
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids or ())}))
    narrow = "" if candidate_ids is None else "AND candidate_id IN (SELECT candidate_id FROM wanted)"
    found = rows(connection, f"{_LAST} WHERE stage = ? {narrow} {_OF_EACH}", [stage])
    connection.unregister("wanted")
    answers: dict[str, list[Review]] = {}
    for row in sorted(found, key=lambda row: (row["answered_at"], row["response_id"])):
        review = Review.model_validate(row)
        if review.event != "withdrawn":
            answers.setdefault(review.candidate_id, []).append(review)
    return answers


_LAST = f"SELECT {', '.join(Review.model_fields)} FROM reviews"

_OF_EACH = "QUALIFY row_number() OVER (PARTITION BY response_id ORDER BY rowid DESC) = 1"
