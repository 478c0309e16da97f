"""What a BackPRM says of candidates: which of them wait to be scored, and its scores beside the check `backprm`."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation import candidates
from curation.columns import insert, strings
from schemas.check import Check
from schemas.decision import Verdict


@dataclass(frozen=True)
class Scored:
    """A candidate's scores, of its question and then of each step, NaN where there is none, and the check's outcome."""

    candidate_id: str
    scores: Sequence[float]
    check: Check


def waiting(connection: DuckDBPyConnection, model: str, decision: Verdict | None = None) -> list[str]:
    """The candidates with a relation whose last scores are not this model's, those in review first.

    Those of one problem follow each other. With `decision`, only the candidates that are decided so.
    """
    found = connection.execute(
        """
        SELECT candidate_id
        FROM candidate_overview LEFT JOIN (
            SELECT candidate_id, arg_max(model, rowid) AS model FROM backprm_scores GROUP BY candidate_id
        ) AS scored USING (candidate_id)
        WHERE equation IS NOT NULL AND scored.model IS DISTINCT FROM $model
            AND ($decision IS NULL OR decision = $decision)
        ORDER BY decision IS DISTINCT FROM 'review', problem_id, candidate_id
        """,
        {"model": model, "decision": decision},
    ).fetchall()
    return [key for (key,) in found]


def read(connection: DuckDBPyConnection, candidate_ids: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What the model reads of each candidate: the forward question, and the backward one with its steps behind it."""
    return {
        key: (problem.question, (candidate.question, *(step.text for step in candidate.solution)))
        for key, (problem, candidate) in candidates.read(connection, candidate_ids).items()
    }


def add(connection: DuckDBPyConnection, run_id: str, model: str, scored: Sequence[Scored]) -> None:
    """Add the scores and the outcomes of the check; what was there before stays."""
    if not scored:
        return
    scores = [[None if math.isnan(score) else score for score in each.scores] for each in scored]
    insert(
        connection,
        "backprm_scores",
        {
            "candidate_id": strings(each.candidate_id for each in scored),
            "model": pa.repeat(model, len(scored)),
            "scores": pa.array(scores, pa.list_(pa.float64())),
            "run_id": pa.repeat(run_id, len(scored)),
        },
    )
    candidates.add_checks(connection, run_id, {each.candidate_id: [each.check] for each in scored})
