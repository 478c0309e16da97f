"""Gold questions: how often each reviewer is right where the right answer is known."""

from duckdb import DuckDBPyConnection

from curation.review.answers import ANSWERS
from curation.review.interval import Interval, wilson
from curation.rows import rows
from schemas.model import Model


class Accuracy(Model):
    """One reviewer on gold questions.

    `exact` counts the answers whose verdict is the known one; `two_way` those that are on its side, right as it is or
    not; an `unsure` is neither. Of the answers with a category where the right one is known, `category_answers`, it is
    the known one in `category_right`. The intervals are Wilson's, at 95%.
    """

    reviewer: str
    answers: int
    exact: int
    exact_interval: Interval
    two_way: int
    two_way_interval: Interval
    category_answers: int
    category_right: int


def accuracy(connection: DuckDBPyConnection) -> tuple[Accuracy, ...]:
    """Each reviewer that answered a gold question."""
    found = rows(
        connection,
        f"""
        SELECT
            reviewer,
            count(*) AS answers,
            count(*) FILTER (verdict = gold_verdict) AS exact,
            count(*) FILTER (verdict <> 'unsure' AND (verdict = 'accept') = (gold_verdict = 'accept')) AS two_way,
            count(*) FILTER (category IS NOT NULL AND gold_category IS NOT NULL) AS category_answers,
            count(*) FILTER (category = gold_category) AS category_right
        FROM ({ANSWERS}) WHERE kind = 'gold' AND gold_verdict IS NOT NULL GROUP BY reviewer ORDER BY reviewer
        """,
    )
    return tuple(
        Accuracy(
            **row,
            exact_interval=wilson(row["exact"], row["answers"]),
            two_way_interval=wilson(row["two_way"], row["answers"]),
        )
        for row in found
    )
