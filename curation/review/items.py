"""Review items: the candidates that people were asked about, or are to be as soon as Argilla takes them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import floats, insert, strings
from curation.rows import rows
from schemas.review import ReviewItem, ReviewStage

_NAMES = ("stage", "kind", "suggested_verdict", "suggested_category", "gold_verdict", "gold_category")


def add(connection: DuckDBPyConnection, items: Sequence[ReviewItem]) -> None:
    """Add items that the store does not have, to be pushed."""
    if not items:
        return
    columns = {"candidate_id": strings(item.candidate_id for item in items)}
    columns |= {name: strings(getattr(item, name) for item in items) for name in _NAMES}
    columns["blind"] = pa.array([item.blind for item in items], pa.bool_())
    columns["probability"] = floats(item.probability for item in items)
    columns["chosen_at"] = pa.array([_now()] * len(items), pa.timestamp("us"))
    insert(connection, "review_items", columns)


def unpushed(connection: DuckDBPyConnection, stage: ReviewStage) -> list[ReviewItem]:
    """The items of the stage that Argilla is not known to have, in an order that tells nothing of their kind."""
    found = rows(
        connection,
        "SELECT * EXCLUDE (needed, chosen_at, pushed_at) FROM review_items WHERE stage = ? AND pushed_at IS NULL "
        "ORDER BY md5(candidate_id)",
        [stage],
    )
    return [ReviewItem.model_validate(row) for row in found]


def mark_pushed(connection: DuckDBPyConnection, stage: ReviewStage, candidate_ids: Iterable[str]) -> None:
    """Note that Argilla has these."""
    _set_pushed(connection, stage, candidate_ids, _now())


def mark_lost(connection: DuckDBPyConnection, stage: ReviewStage, kept: Iterable[str]) -> int:
    """Note that Argilla has none of the stage's items but `kept`, and return how many undecided ones it lost.

    Items that people or a later policy decided meanwhile are not asked again.
    """
    connection.register("kept", pa.table({"candidate_id": strings(kept)}))
    lost = connection.execute(
        """
        SELECT candidate_id FROM review_items ANTI JOIN kept USING (candidate_id)
        JOIN latest_decisions USING (candidate_id)
        WHERE stage = ? AND pushed_at IS NOT NULL AND (kind = 'gold' OR decided_by = 'policy' OR verdict = 'review')
        """,
        [stage],
    ).fetchall()
    connection.unregister("kept")
    _set_pushed(connection, stage, [candidate_id for (candidate_id,) in lost], None)
    return len(lost)


def note_needed(connection: DuckDBPyConnection, stage: ReviewStage, needed: int) -> None:
    """Note how many answers each item of the stage needs now."""
    query = "UPDATE review_items SET needed = $needed WHERE stage = $stage AND needed IS DISTINCT FROM $needed"
    connection.execute(query, {"needed": needed, "stage": stage})


def count_pushed(connection: DuckDBPyConnection, stage: ReviewStage) -> int:
    """How many items of the stage Argilla took."""
    query = "SELECT count(pushed_at) FROM review_items WHERE stage = ?"
    return int(connection.execute(query, [stage]).fetchall()[0][0])


def _set_pushed(
    connection: DuckDBPyConnection, stage: ReviewStage, candidate_ids: Iterable[str], moment: datetime | None
) -> None:
    connection.register("changed", pa.table({"candidate_id": strings(candidate_ids)}))
    connection.execute(
        "UPDATE review_items SET pushed_at = ? WHERE stage = ? AND candidate_id IN (SELECT candidate_id FROM changed)",
        [moment, stage],
    )
    connection.unregister("changed")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
