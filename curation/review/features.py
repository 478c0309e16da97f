"""Features: what the model of P(correct) sees of a candidate, and the guess at it while there is no model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from curation.columns import strings
from schemas.check import CheckName

CHECKS: tuple[CheckName, ...] = get_args(CheckName)

KINDS = (*CHECKS, "formula", "wording", "doubt")
"""Features that are one of a few kinds: the outcome of each check, and below them."""

SIZES = ("doubts", "steps", "digits", "whole", "backprm_question", "backprm_lowest")
"""Features that are numbers: how many checks hold the candidate back, steps of the solution, digits of the hidden
value, whether it is whole, and what a BackPRM says of the question and of what it finds worst, as log-odds; 0, which
says nothing, where none was asked."""

_PRIOR_ODDS = 1.5
_PRIOR_OF_ACCEPTED = 0.97


@dataclass(frozen=True)
class Features:
    """The features of candidates, in columns KINDS and then SIZES, with the problem of each and the guess at it."""

    place: dict[str, int]
    table: NDArray[Any]
    problems: NDArray[Any]
    priors: dict[str, float]

    def of(self, candidate_ids: Sequence[str]) -> NDArray[Any]:
        """The rows of these candidates."""
        return self.table[[self.place[key] for key in candidate_ids]]

    def problems_of(self, candidate_ids: Sequence[str]) -> NDArray[Any]:
        """Their problems."""
        return self.problems[[self.place[key] for key in candidate_ids]]


def features(connection: DuckDBPyConnection, candidate_ids: Iterable[str]) -> Features:
    """The features of those of the candidates that the store has. What people decided is no part of them."""
    connection.register("wanted", pa.table({"candidate_id": strings(dict.fromkeys(candidate_ids))}))
    found = connection.execute(_QUERY).fetchall()
    connection.unregister("wanted")
    table = np.empty((len(found), len(KINDS) + len(SIZES)), dtype=object)
    for place, row in enumerate(found):
        table[place] = row[4:]
    return Features(
        place={row[0]: place for place, row in enumerate(found)},
        table=table,
        problems=np.array([row[1] for row in found], dtype=object),
        priors={key: prior(verdict, doubts) for key, _, verdict, doubts, *_ in found},
    )


def prior(verdict: str | None, doubts: int) -> float:
    """P(correct) while there is no model, from the policy's verdict and how many checks led to it: a guess.

    What the policy accepts is right at 97%, what it rejects at 3%. In doubt, it is about as likely right as not: odds
    of 3 to 2 where one check doubts, halved by each further one. A BackPRM's score is no part of it: one that nobody
    has learned to read made the order worse (benchmarks/backprm_order.py).
    """
    if verdict in ("accept", "reject"):
        return _PRIOR_OF_ACCEPTED if verdict == "accept" else 1 - _PRIOR_OF_ACCEPTED
    odds = _PRIOR_ODDS * 0.5 ** max(doubts - 1, 0)
    return odds / (1 + odds)


def _log_odds(probability: str) -> str:
    """SQL of the log-odds of a probability, taken for no surer than 999 in 1,000; 0 for NULL."""
    kept = f"greatest(least({probability}, 0.999), 0.001)"
    return f"CASE WHEN {probability} IS NULL THEN 0 ELSE ln({kept} / (1 - {kept})) END"


_OUTCOMES = ", ".join(f"coalesce(any_value(outcome) FILTER (check_name = '{name}'), 'undecided')" for name in CHECKS)

_QUERY = rf"""
    WITH last_checks AS (
        SELECT candidate_id, check_name, arg_max(outcome, checks.rowid) AS outcome
        FROM checks SEMI JOIN wanted USING (candidate_id) GROUP BY ALL
    ),
    outcomes AS (SELECT candidate_id, {_OUTCOMES} FROM last_checks GROUP BY candidate_id),
    last_decisions AS (
        SELECT candidate_id, arg_max(reasons, decisions.rowid) AS reasons, arg_max(verdict, decisions.rowid) AS verdict
        FROM decisions SEMI JOIN wanted USING (candidate_id) WHERE decided_by = 'policy' GROUP BY candidate_id
    ),
    last_scores AS (
        SELECT candidate_id, arg_max(scores, backprm_scores.rowid) AS scores
        FROM backprm_scores SEMI JOIN wanted USING (candidate_id) GROUP BY candidate_id
    ),
    decided AS (
        SELECT
            candidate_id,
            reasons,
            CASE WHEN starts_with(reasons[1], 'audit:') THEN 'accept' ELSE verdict END AS verdict,
            CASE WHEN reasons[1] SIMILAR TO '(accept|audit):.*' THEN 0 ELSE len(reasons) END AS doubts
        FROM last_decisions
    )
    SELECT
        candidate_id,
        problem_id,
        verdict,
        coalesce(doubts, 0),
        outcomes.* EXCLUDE (candidate_id),
        formula,
        wording,
        CASE WHEN doubts > 0 THEN regexp_replace(split_part(reasons[1], ';', 1), '"[^"]*"|[0-9][0-9.,/]*', '#', 'g')
            ELSE 'none' END,
        coalesce(doubts, 0),
        len(solution),
        least(len(regexp_extract(candidates.condition."value", '[0-9]+')), 12),
        regexp_full_match(candidates.condition."value", '-?[0-9]+')::INTEGER,
        {_log_odds("scores[1]")},
        {_log_odds("list_min(scores)")}
    FROM candidates SEMI JOIN wanted USING (candidate_id)
    JOIN outcomes USING (candidate_id) LEFT JOIN decided USING (candidate_id)
    LEFT JOIN last_scores USING (candidate_id)
    ORDER BY candidate_id
"""
"""`doubt` is the policy's first reason without its numbers and quotes, so that like doubts are one kind."""
