"""Suggestions: whether a reviewer answers as suggested more often than suggestions are right."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from curation.review.answers import ANSWERS, LABELS
from curation.review.queue import SURE
from curation.rows import rows
from schemas.model import Model

FEWEST = 20
"""With fewer answers where a suggestion is shown, or fewer candidates where it is not, there is nothing to compare."""

_LEVEL = 0.01
_DEPARTS_FROM = 0.5


class Following(Model):
    """How often one reviewer is on the side of the suggestion: right as it is, or not.

    `followed` of the `shown` answers, where the suggestion was there to see, are. Of the `blind` doubtful candidates,
    whose suggestion was held back, it is `right` for so many. `p_value` is the probability that following so much more
    often is chance, corrected for the number of reviewers; None where there is too little to compare. `rubber_stamps`
    where it is below 0.01, and the reviewer departs from suggestions less than half as often as they are wrong.
    """

    reviewer: str
    shown: int
    followed: int
    blind: int
    right: int
    p_value: float | None
    rubber_stamps: bool


_SHOWN = f"""
    SELECT
        reviewer,
        count(*) AS shown,
        count(*) FILTER (verdict <> 'unsure' AND (verdict = 'accept') = (suggested_verdict = 'accept')) AS followed
    FROM ({ANSWERS}) WHERE stage = 'review' AND kind = 'doubt' AND NOT blind AND suggested_verdict IS NOT NULL
    GROUP BY reviewer ORDER BY reviewer
"""

_BLIND = f"""
    WITH held_back AS (
        SELECT
            is_right,
            CASE WHEN probability >= $sure THEN true WHEN probability <= 1 - $sure THEN false END AS suggested
        FROM review_items JOIN ({LABELS}) USING (candidate_id) WHERE stage = 'review' AND kind = 'doubt' AND blind
    )
    SELECT count(*) AS blind, count(*) FILTER (suggested = is_right) AS "right"
    FROM held_back WHERE suggested IS NOT NULL
"""


def following(connection: DuckDBPyConnection) -> tuple[Following, ...]:
    """Each reviewer who was shown suggestions.

    Which doubtful candidates are blind is drawn by lot, so suggestions are as often right on them as on the others:
    they are the control. Those that were shown and went to adjudication would be a bad one: reviewers differed on them,
    so suggestions are wrong more often there, and an honest reviewer would seem to follow too much. The test is
    Fisher's exact one, one-sided (Fisher, The Design of Experiments, 1935), with the correction of Holm (A Simple
    Sequentially Rejective Multiple Test Procedure, 1979).
    """
    shown = rows(connection, _SHOWN)
    (control,) = rows(connection, _BLIND, {"sure": SURE})
    compared = [row | control for row in shown]
    tested = {row["reviewer"]: _p_value(row) for row in compared if min(row["shown"], control["blind"]) >= FEWEST}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    return tuple(
        Following(
            **row,
            p_value=corrected.get(row["reviewer"]),
            rubber_stamps=corrected.get(row["reviewer"], 1) < _LEVEL and _departs_too_little(row),
        )
        for row in compared
    )


def _departs_too_little(row: Mapping[str, int]) -> bool:
    departed, wrong = row["shown"] - row["followed"], row["blind"] - row["right"]
    return departed / row["shown"] < _DEPARTS_FROM * wrong / row["blind"]


def _p_value(row: Mapping[str, int]) -> float:
    from scipy.stats import fisher_exact

    table = [[row["followed"], row["shown"] - row["followed"]], [row["right"], row["blind"] - row["right"]]]
    return float(fisher_exact(table, alternative="greater").pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected for their number: the k-th smallest of n times n - k + 1, none below one before it."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected
