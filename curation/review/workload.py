"""Workload: who has what left to answer, and what waits for whom."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from curation.review.verdicts import DISAGREEMENT
from curation.rows import rows
from schemas.model import Model
from schemas.review import ReviewStage


class StageLoad(Model):
    """The rows of a stage: sent, those that nobody answered yet, and those that are decided by their answers."""

    stage: ReviewStage
    sent: int
    unsent: int
    unanswered: int
    decided: int


class ReviewerLoad(Model):
    """What one reviewer has answered, what of it cannot count, and how many rows of the stage are left for them.

    Left is what they did not answer and what has not yet all the answers that it needs.
    """

    stage: ReviewStage
    reviewer: str
    answered: int
    unusable: int
    left: int


class Workload(Model):
    """Stages and people, and how many disagreements were not yet sent to adjudicators."""

    stages: tuple[StageLoad, ...]
    reviewers: tuple[ReviewerLoad, ...]
    disagreements: int


def workload(
    connection: DuckDBPyConnection, members: dict[ReviewStage, Sequence[str]], needed: dict[ReviewStage, int]
) -> Workload:
    """The workload as of the last pull.

    `members` are those who may answer at each stage, beside those who did; `needed` is how many answers a row needs.
    """
    stages: list[StageLoad] = []
    reviewers: list[ReviewerLoad] = []
    for stage in members:
        load = StageLoad.model_validate(rows(connection, _STAGE, {"stage": stage})[0])
        if not load.sent and not load.unsent:
            continue
        stages.append(load)
        parameters = {"stage": stage, "members": list(members[stage]), "needed": needed[stage]}
        reviewers += [ReviewerLoad.model_validate(row) for row in rows(connection, _REVIEWERS, parameters)]
    waiting = connection.execute(_DISAGREEMENTS, [DISAGREEMENT]).fetchall()[0][0]
    return Workload(stages=tuple(stages), reviewers=tuple(reviewers), disagreements=waiting)


_STAGE = """
    SELECT
        $stage AS stage,
        count(pushed_at) AS sent,
        count(*) - count(pushed_at) AS unsent,
        count(*) FILTER (pushed_at IS NOT NULL AND candidate_id NOT IN (
            SELECT candidate_id FROM review_overview WHERE stage = $stage
        )) AS unanswered,
        count(*) FILTER (candidate_id IN (
            SELECT candidate_id FROM latest_decisions WHERE verdict <> 'review'
                AND decided_by IN ('adjudicator', CASE $stage WHEN 'review' THEN 'reviewer' ELSE 'adjudicator' END)
        )) AS decided
    FROM review_items WHERE stage = $stage
"""

_REVIEWERS = """
    WITH answers AS (SELECT candidate_id, reviewer, unusable FROM review_overview WHERE stage = $stage),
    people AS (SELECT unnest($members::VARCHAR[]) AS reviewer UNION SELECT reviewer FROM answers),
    unfinished AS (
        SELECT candidate_id FROM review_items LEFT JOIN answers USING (candidate_id)
        WHERE stage = $stage AND pushed_at IS NOT NULL
        GROUP BY candidate_id HAVING count(answers.reviewer) < $needed
    )
    SELECT
        $stage AS stage,
        people.reviewer,
        count(answers.candidate_id) AS answered,
        count(*) FILTER (answers.unusable <> '') AS unusable,
        (SELECT count(*) FROM unfinished WHERE candidate_id NOT IN (
            SELECT candidate_id FROM answers AS own WHERE own.reviewer = people.reviewer
        )) AS "left"
    FROM people LEFT JOIN answers USING (reviewer)
    GROUP BY people.reviewer ORDER BY people.reviewer
"""

_DISAGREEMENTS = """
    SELECT count(*) FROM latest_decisions
    WHERE decided_by = 'reviewer' AND verdict = 'review' AND starts_with(reasons[1], ?)
        AND candidate_id NOT IN (SELECT candidate_id FROM review_items WHERE stage = 'adjudication')
"""
