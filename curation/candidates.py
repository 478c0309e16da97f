"""Candidates whole: with their problems and the checks that hold, written and read in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import get_args

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import insert, strings, struct_lists, structs
from curation.rows import rows
from schemas.candidate import BackwardProblem
from schemas.check import Check, CheckName
from schemas.condition import Condition
from schemas.problem import Problem
from schemas.relation import Relation
from schemas.step import Step


def add_candidates(connection: DuckDBPyConnection, run_id: str, candidates: Sequence[BackwardProblem]) -> None:
    """Add the candidates, which the store does not have, without their checks."""
    if not candidates:
        return
    insert(
        connection,
        "candidates",
        {
            "candidate_id": strings(row.id for row in candidates),
            "problem_id": strings(row.problem_id for row in candidates),
            "condition": structs([row.condition for row in candidates], Condition),
            "formula": strings(row.formula for row in candidates),
            "wording": strings(row.wording for row in candidates),
            "relation": structs([row.relation for row in candidates], Relation),
            "question": strings(row.question for row in candidates),
            "answer": strings(row.answer for row in candidates),
            "solution": struct_lists([row.solution for row in candidates], Step),
            "run_id": pa.repeat(run_id, len(candidates)),
        },
    )


def add_checks(connection: DuckDBPyConnection, run_id: str, checks: Mapping[str, Sequence[Check]]) -> None:
    """Add outcomes of checks, by candidate."""
    rows = list(chain.from_iterable(checks.values()))
    if not rows:
        return
    insert(
        connection,
        "checks",
        {
            "candidate_id": strings(key for key, of_one in checks.items() for _ in of_one),
            "check_name": strings(row.name for row in rows),
            "outcome": strings(row.outcome for row in rows),
            "reason": strings(row.reason for row in rows),
            "elapsed_ms": pa.array([row.elapsed_ms for row in rows], pa.float64()),
            "run_id": pa.repeat(run_id, len(rows)),
        },
    )


def read(connection: DuckDBPyConnection, candidate_ids: Iterable[str]) -> dict[str, tuple[Problem, BackwardProblem]]:
    """Those of the candidates that there are, with their problems and the last outcome of each check, by id."""
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids)}))
    outcomes: dict[str, dict[CheckName, Check]] = {}
    for row in rows(connection, _CHECKS):
        key = row.pop("candidate_id")
        outcomes.setdefault(key, {})[row["name"]] = Check.model_validate(row)
    candidates = {row.pop("candidate_id"): row for row in rows(connection, _CANDIDATES)}
    problems = {row.pop("problem_id"): Problem.model_validate(row) for row in rows(connection, _PROBLEMS)}
    connection.unregister("wanted")
    return {
        key: (problems[row["problem_id"]], BackwardProblem.model_validate(row | {"checks": _ordered(outcomes, key)}))
        for key, row in candidates.items()
    }


_CANDIDATES = "SELECT * EXCLUDE (run_id) FROM candidates SEMI JOIN wanted USING (candidate_id)"

_CHECKS = """
    SELECT candidate_id, check_name AS name, outcome, reason, elapsed_ms
    FROM (SELECT *, rowid AS place FROM checks SEMI JOIN wanted USING (candidate_id))
    QUALIFY row_number() OVER (PARTITION BY candidate_id, check_name ORDER BY place DESC) = 1
"""

_PROBLEMS = f"""
    SELECT * EXCLUDE (run_id) FROM problems SEMI JOIN ({_CANDIDATES}) AS chosen USING (problem_id)
"""


def _ordered(outcomes: Mapping[str, Mapping[CheckName, Check]], candidate_id: str) -> list[Check]:
    found = outcomes.get(candidate_id, {})
    return [found[name] for name in get_args(CheckName) if name in found]
