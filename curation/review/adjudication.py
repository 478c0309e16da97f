"""Adjudication: what reviewers differ on, queued for people whose word stands."""

from duckdb import DuckDBPyConnection

from curation.review import items
from curation.review.verdicts import DISAGREEMENT
from schemas.review import ReviewItem


def queue_disagreements(connection: DuckDBPyConnection) -> int:
    """Queue the candidates on which reviewers differ, and that were not sent to adjudicators yet; return how many."""
    found = connection.execute(
        """
        SELECT candidate_id FROM latest_decisions
        WHERE decided_by = 'reviewer' AND verdict = 'review' AND starts_with(reasons[1], ?)
            AND candidate_id NOT IN (SELECT candidate_id FROM review_items WHERE stage = 'adjudication')
        ORDER BY candidate_id
        """,
        [DISAGREEMENT],
    ).fetchall()
    items.add(connection, [_item(candidate_id) for (candidate_id,) in found])
    return len(found)


def _item(candidate_id: str) -> ReviewItem:
    return ReviewItem(
        candidate_id=candidate_id,
        stage="adjudication",
        kind="disagreement",
        blind=False,
        probability=None,
        suggested_verdict=None,
        suggested_category=None,
        gold_verdict=None,
        gold_category=None,
    )
