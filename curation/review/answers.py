"""Answers: the one of each reviewer that counts, and what all of them say of a candidate."""

from duckdb import DuckDBPyConnection

from curation.rows import rows
from schemas.model import Model

ANSWERS = """
    SELECT * FROM review_overview WHERE unusable = '' AND verdict IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY candidate_id, stage, reviewer ORDER BY answered_at DESC, response_id DESC
    ) = 1
"""
"""SQL: answers that can be used, the last one of each reviewer on each candidate and stage."""

LABELS = f"""
    WITH answers AS ({ANSWERS}),
    known AS (
        SELECT candidate_id, gold_verdict = 'accept' AS is_right FROM review_items
        WHERE kind = 'gold' AND gold_verdict <> 'unsure'
    ),
    adjudicated AS (
        SELECT candidate_id, arg_max(verdict = 'accept', answered_at) AS is_right FROM answers
        WHERE stage = 'adjudication' AND verdict <> 'unsure' GROUP BY candidate_id
    ),
    counted AS (
        SELECT
            candidate_id,
            count(*) FILTER (verdict = 'accept') AS for_it,
            count(*) FILTER (verdict <> 'accept') AS against
        FROM answers LEFT JOIN review_items USING (candidate_id, stage)
        WHERE stage = 'review' AND verdict <> 'unsure' GROUP BY candidate_id
        HAVING count(*) >= coalesce(max(needed), 1)
    ),
    majority AS (SELECT candidate_id, for_it > against AS is_right FROM counted WHERE for_it <> against)
    SELECT candidate_id, coalesce(known.is_right, adjudicated.is_right, majority.is_right) AS is_right
    FROM known FULL JOIN adjudicated USING (candidate_id) FULL JOIN majority USING (candidate_id)
"""
"""SQL: whether a candidate is right as it stands, one row for each of which it is known.

The known answer of a gold question comes first, then the adjudicator's, then the majority of the reviewers', once
there are as many answers as it needs; a tie says nothing, nor does `unsure`. A candidate that needed a correction was
wrong.
"""


class Unusable(Model):
    """How many answers of a reviewer cannot count for one reason."""

    reviewer: str
    reason: str
    answers: int


def unusable(connection: DuckDBPyConnection) -> tuple[Unusable, ...]:
    """The answers that cannot count."""
    query = """
        SELECT reviewer, unusable AS reason, count(*) AS answers FROM review_overview WHERE unusable <> ''
        GROUP BY ALL ORDER BY reviewer, answers DESC, reason
    """
    return tuple(Unusable(**row) for row in rows(connection, query))
