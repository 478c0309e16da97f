"""Pace: how long a review takes."""

from duckdb import DuckDBPyConnection

from curation.rows import rows
from schemas.model import Model

BREAK_S = 600
"""Seconds: a longer gap between two answers is a break, and not the time of a review."""


class Pace(Model):
    """How fast one reviewer is, in seconds from one answer to the next.

    Of the `answers` first given, `timed` came within ten minutes of what the reviewer did before; the first one after a
    break, and of all, has no time. The other two are None where none is timed.
    """

    reviewer: str
    answers: int
    timed: int
    median_s: float | None
    slow_s: float | None
    """The 90th percentile."""


def pace(connection: DuckDBPyConnection) -> tuple[Pace, ...]:
    """Each reviewer; edits and withdrawals take no time that counts, and end the time of the answer before them."""
    query = """
        WITH gaps AS (
            SELECT
                reviewer,
                event,
                date_diff('millisecond', lag(answered_at) OVER (
                    PARTITION BY reviewer ORDER BY answered_at, reviews.rowid
                ), answered_at) / 1000 AS seconds
            FROM reviews
        ),
        first_answers AS (
            SELECT reviewer, CASE WHEN seconds <= $break_s THEN seconds END AS seconds
            FROM gaps WHERE event = 'submitted'
        )
        SELECT
            reviewer,
            count(*) AS answers,
            count(seconds) AS timed,
            median(seconds) AS median_s,
            quantile_cont(seconds, 0.9) AS slow_s
        FROM first_answers GROUP BY reviewer ORDER BY reviewer
    """
    return tuple(Pace(**row) for row in rows(connection, query, {"break_s": BREAK_S}))
