"""Suggestions: whether a reviewer answers as suggested more often than suggestions are right."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from curation.review.answers import ANSWERS
from curation.review.queue import SURE
from curation.rows import rows
from schemas.model import Model

FEWEST_ANSWERS = 20
"""With fewer answers on either side there is nothing to compare."""

_LEVEL = 0.01


class Following(Model):
    """How often one reviewer's verdict is the suggested one.

    `followed` of the `shown` answers, where the suggestion was there to see, are it; so are `matching` of the `blind`
    ones, those of all reviewers to doubtful candidates whose suggestion was held back. `p_value` is the probability
    that following so often is chance, corrected for the number of reviewers; None where there is too little to compare.
    `rubber_stamps` where it is below 0.01.
    """

    reviewer: str
    shown: int
    followed: int
    blind: int
    matching: int
    p_value: float | None
    rubber_stamps: bool


_SHOWN = f"""
    SELECT reviewer, count(*) AS shown, count(*) FILTER (verdict = suggested_verdict) AS followed FROM ({ANSWERS})
    WHERE stage = 'review' AND kind = 'doubt' AND NOT blind AND suggested_verdict IS NOT NULL
    GROUP BY reviewer ORDER BY reviewer
"""

_BLIND = f"""
    WITH held_back AS (
        SELECT verdict, CASE WHEN probability >= $sure THEN 'accept' WHEN probability <= 1 - $sure THEN 'reject' END
            AS suggestion
        FROM ({ANSWERS}) WHERE stage = 'review' AND kind = 'doubt' AND blind
    )
    SELECT count(*) AS blind, count(*) FILTER (verdict = suggestion) AS matching
    FROM held_back WHERE suggestion IS NOT NULL
"""


def following(connection: DuckDBPyConnection) -> tuple[Following, ...]:
    """Each reviewer who was shown suggestions.

    Which doubtful candidates are blind is drawn by lot, so suggestions are as often right on them as on the others:
    they are the control. Candidates that went to adjudication would be a bad one: reviewers differed on them, so
    suggestions are wrong more often there, and an honest reviewer would seem to follow too much. The test is Fisher's
    exact one, one-sided (Fisher, The Design of Experiments, 1935), with the correction of Holm (A Simple Sequentially
    Rejective Multiple Test Procedure, 1979).
    """
    shown = rows(connection, _SHOWN)
    (control,) = rows(connection, _BLIND, {"sure": SURE})
    tested = {
        row["reviewer"]: _p_value(row["followed"], row["shown"], control["matching"], control["blind"])
        for row in shown
        if min(row["shown"], control["blind"]) >= FEWEST_ANSWERS
    }
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    return tuple(
        Following(
            **row,
            **control,
            p_value=corrected.get(row["reviewer"]),
            rubber_stamps=corrected.get(row["reviewer"], 1.0) < _LEVEL,
        )
        for row in shown
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number: the k-th smallest of n times n - k + 1, none below one before it."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


def _p_value(followed: int, shown: int, matching: int, blind: int) -> float:
    from scipy.stats import fisher_exact

    table = [[followed, shown - followed], [matching, blind - matching]]
    return float(fisher_exact(table, alternative="greater").pvalue)
