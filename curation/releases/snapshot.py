"""A snapshot: all that a release is made of, out of the store in one step and read back some problems at a time.

The store goes on meanwhile; what is decided after the snapshot is for the next version. Its Parquet files are sorted by
problem, so that a process reads those that it works on, and nothing takes memory to speak of, however large the store.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from curation.listing import CandidateRow
from curation.process_labels.rows import Judged
from curation.store import Store
from schemas.candidate import BackwardProblem
from schemas.condition import Condition
from schemas.formula import Formula
from schemas.problem import Problem
from schemas.review import Review
from schemas.rollout import Rollout
from schemas.sample import Sample

_ROWS_A_GROUP = 2_048
_MEMORY = "1GB"


@dataclass(frozen=True)
class Known:
    """What is known of one problem: `formula` is None where it does not hold.

    `rows` and `judged` are its candidates that were accepted or rejected, by id, as published and whole; `samples` and
    `rolled_out` are what models wrote.
    """

    problem: Problem
    conditions: Sequence[Condition]
    formula: Formula | None
    rows: dict[str, dict[str, Any]]
    judged: dict[str, Judged]
    samples: tuple[Sample, ...]
    rolled_out: tuple[Rollout, ...]


class Snapshot:
    """The files of a snapshot in a folder."""

    def __init__(self, folder: Path) -> None:
        self._problems = folder / "problems.parquet"
        self._candidates = folder / "candidates.parquet"
        self._samples = folder / "samples.parquet"
        self._rollouts = folder / "rollouts.parquet"

    def take(self, store: Store) -> None:
        """Take it; raises the errors of the store."""
        with store.connect(read_only=True) as connection:
            connection.execute(f"SET memory_limit = '{_MEMORY}'")
            connection.execute("SET preserve_insertion_order = false")
            for query, file in (
                (_CANDIDATES, self._candidates),
                (_PROBLEMS, self._problems),
                (_SAMPLES, self._samples),
                (_ROLLOUTS, self._rollouts),
            ):
                connection.execute(
                    f"COPY ({query}) TO $file (FORMAT PARQUET, ROW_GROUP_SIZE {_ROWS_A_GROUP})", {"file": str(file)}
                )

    @contextmanager
    def accepted(self) -> Iterator[DuckDBPyConnection]:
        """A connection, not to the store, with a view `accepted`: what could go in, as in `candidate_overview`."""
        with duckdb.connect(":memory:", config={"memory_limit": _MEMORY}) as connection:
            connection.read_parquet(str(self._candidates)).create_view("snapshot")
            connection.execute("""
                CREATE VIEW accepted AS SELECT unnest(overview) FROM snapshot
                WHERE overview.decision = 'accept' AND overview.equation IS NOT NULL
                    AND overview.backward_solution <> ''
            """)
            yield connection

    def problems(self, problem_ids: Sequence[str]) -> Iterator[Known]:
        """Problems that have an accepted or rejected candidate; the ids are in their order, and so are the problems."""
        wanted = frozenset(problem_ids)
        between = [("problem_id", ">=", problem_ids[0]), ("problem_id", "<=", problem_ids[-1])]
        candidates, samples, rollouts = (
            {key: list(rows) for key, rows in groupby(_rows(file, between), key=_problem_id) if key in wanted}
            for file in (self._candidates, self._samples, self._rollouts)
        )
        for row in _rows(self._problems, between):
            if (key := _problem_id(row)) in wanted:
                yield _known(row, candidates[key], samples.get(key, []), rollouts.get(key, []))


def _rows(file: Path, between: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(file, filters=between, use_threads=False).to_pylist()
    return found


def _problem_id(row: dict[str, Any]) -> str:
    return str(row["problem_id"])


def _known(
    row: dict[str, Any],
    candidates: Sequence[dict[str, Any]],
    samples: Sequence[dict[str, Any]],
    rollouts: Sequence[dict[str, Any]],
) -> Known:
    """What the rows of a problem say."""
    derivation = row["derivation"] or {"outcome": "", "expression": None, "conditions": ()}
    formula = None
    if derivation["outcome"] == "pass" and derivation["expression"] is not None:
        formula = Formula.model_validate(
            {"kind": derivation["formula"], "expression": derivation["expression"], "numbers": derivation["numbers"]}
        )
    return Known(
        problem=Problem.model_validate(row["problem"]),
        conditions=tuple(Condition.model_validate(each) for each in derivation["conditions"]),
        formula=formula,
        rows={each["candidate_id"]: each["overview"] | {"steps": each["candidate"]["solution"]} for each in candidates},
        judged={each["candidate_id"]: _judged(each) for each in candidates},
        samples=tuple(Sample.model_validate(each) for each in samples),
        rolled_out=tuple(Rollout.model_validate(each) for each in rollouts),
    )


def _judged(row: dict[str, Any]) -> Judged:
    return Judged(
        candidate=BackwardProblem.model_validate(row["candidate"] | {"checks": row["checks"] or ()}),
        verdict=row["overview"]["decision"],
        decided_by=row["overview"]["decided_by"],
        reviews=tuple(Review.model_validate(each) for each in row["reviews"] or ()),
    )


def _packed(prefix: str, names: Sequence[str]) -> str:
    """SQL of a struct of columns."""
    return "{" + ", ".join(f"'{name}': {prefix}.\"{name}\"" for name in names) + "}"


_IS_DECIDED = "decision IN ('accept', 'reject')"
_DERIVED = ("formula", "conditions", "expression", "numbers", "outcome")

_CANDIDATES = f"""
    WITH decided AS (SELECT * FROM candidate_overview WHERE {_IS_DECIDED}),
    outcomes AS (
        SELECT candidate_id, list(
            {{'name': check_name, 'outcome': outcome, 'reason': reason, 'elapsed_ms': elapsed_ms}} ORDER BY check_name
        ) AS checks
        FROM check_overview SEMI JOIN decided USING (candidate_id)
        WHERE check_name IN ('steps_hold', 'depends_on_condition', 'unique_root')  -- what process labels ask for
        GROUP BY candidate_id
    ),
    said AS (
        SELECT candidate_id, list({_packed("reviews", tuple(Review.model_fields))} ORDER BY reviews.rowid) AS reviews
        FROM reviews GROUP BY candidate_id
    )
    SELECT
        decided.problem_id,
        decided.candidate_id,
        {_packed("decided", tuple(CandidateRow.model_fields))} AS overview,
        {_packed("candidates", tuple(name for name in BackwardProblem.model_fields if name != "checks"))} AS candidate,
        outcomes.checks,
        said.reviews
    FROM decided
    JOIN candidates ON candidates.candidate_id = decided.candidate_id
    LEFT JOIN outcomes ON outcomes.candidate_id = decided.candidate_id
    LEFT JOIN said ON said.candidate_id = decided.candidate_id
    ORDER BY decided.problem_id, decided.candidate_id
"""

_PROBLEMS = f"""
    WITH derived AS (
        SELECT problem_id, {_packed("latest_derivations", _DERIVED)} AS derivation
        FROM latest_derivations
        QUALIFY row_number() OVER (
            PARTITION BY problem_id
            ORDER BY outcome = 'pass' AND expression IS NOT NULL DESC, formula = 'trace' DESC, wording
        ) = 1
    )
    SELECT
        problems.problem_id,
        {_packed("problems", tuple(Problem.model_fields))} AS problem,
        derived.derivation
    FROM problems LEFT JOIN derived ON derived.problem_id = problems.problem_id
    WHERE problems.problem_id IN (SELECT problem_id FROM candidate_overview WHERE {_IS_DECIDED})
    ORDER BY problems.problem_id
"""

_SAMPLES = f"""
    SELECT {", ".join(f'"{name}"' for name in Sample.model_fields)} FROM samples ORDER BY problem_id, sample_id
"""

_ROLLOUTS = f"""
    SELECT {", ".join(f'"{name}"' for name in Rollout.model_fields)} FROM rollouts
    ORDER BY problem_id, solution_id, step, sample, model
"""
