"""A snapshot: all that a release is made of, out of the store in one step and read back problem by problem.

The store goes on meanwhile; what is decided after the snapshot is for the next version. It is a Parquet file sorted by
problem, so that reading it takes no memory to speak of, however large the store is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any, NamedTuple

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

_BATCH = 2_000
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


class Rows(NamedTuple):
    """The rows of one problem as they are in the snapshot: plain, so that they travel to other processes quickly."""

    problem_id: str
    candidates: list[dict[str, Any]]
    samples: list[dict[str, Any]]
    rollouts: list[dict[str, Any]]


class Snapshot:
    """The files of a snapshot in a folder."""

    def __init__(self, folder: Path) -> None:
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
                (_SAMPLES, self._samples),
                (_ROLLOUTS, self._rollouts),
            ):
                connection.execute(
                    f"COPY ({query}) TO $file (FORMAT PARQUET, ROW_GROUP_SIZE 4096)", {"file": str(file)}
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

    def problems(self) -> Iterator[Rows]:
        """Every problem that has an accepted or rejected candidate, in the order of the ids."""
        samples, rollouts = _Beside(self._samples), _Beside(self._rollouts)
        for problem_id, group in groupby(_rows(self._candidates), key=lambda row: str(row["problem_id"])):
            yield Rows(problem_id, list(group), samples.of(problem_id), rollouts.of(problem_id))


class _Beside:
    """Rows of a file sorted by problem, asked for in the order of the problems."""

    def __init__(self, file: Path) -> None:
        self._groups = groupby(_rows(file), key=lambda row: str(row["problem_id"]))
        self._waiting = next(self._groups, None)

    def of(self, problem_id: str) -> list[dict[str, Any]]:
        """Those of the problem, which comes after those that were asked for before."""
        while self._waiting is not None and self._waiting[0] < problem_id:
            self._waiting = next(self._groups, None)
        if self._waiting is None or self._waiting[0] != problem_id:
            return []
        return list(self._waiting[1])


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(file) as opened:
        yield from chain.from_iterable(batch.to_pylist() for batch in opened.iter_batches(_BATCH))


def known(rows: Rows) -> Known:
    """What the rows of a problem say."""
    first = rows.candidates[0]
    derivation = first["derivation"] or {"outcome": "", "expression": None, "conditions": ()}
    formula = None
    if derivation["outcome"] == "pass" and derivation["expression"] is not None:
        formula = Formula.model_validate(
            {"kind": derivation["formula"], "expression": derivation["expression"], "numbers": derivation["numbers"]}
        )
    return Known(
        problem=Problem.model_validate(first["problem"]),
        conditions=tuple(Condition.model_validate(each) for each in derivation["conditions"]),
        formula=formula,
        rows={
            row["candidate_id"]: row["overview"] | {"steps": row["candidate"]["solution"]} for row in rows.candidates
        },
        judged={row["candidate_id"]: _judged(row) for row in rows.candidates},
        samples=tuple(Sample.model_validate(row) for row in rows.samples),
        rolled_out=tuple(Rollout.model_validate(row) for row in rows.rollouts),
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


_DERIVED = ("formula", "conditions", "expression", "numbers", "outcome")

_CANDIDATES = f"""
    WITH decided AS (SELECT * FROM candidate_overview WHERE decision IN ('accept', 'reject')),
    derived AS (
        SELECT problem_id, {_packed("latest_derivations", _DERIVED)} AS derivation
        FROM latest_derivations
        QUALIFY row_number() OVER (
            PARTITION BY problem_id
            ORDER BY outcome = 'pass' AND expression IS NOT NULL DESC, formula = 'trace' DESC, wording
        ) = 1
    ),
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
        {_packed("problems", tuple(Problem.model_fields))} AS problem,
        {_packed("decided", tuple(CandidateRow.model_fields))} AS overview,
        {_packed("candidates", tuple(name for name in BackwardProblem.model_fields if name != "checks"))} AS candidate,
        outcomes.checks,
        derived.derivation,
        said.reviews
    FROM decided
    JOIN candidates ON candidates.candidate_id = decided.candidate_id
    JOIN problems ON problems.problem_id = decided.problem_id
    LEFT JOIN derived ON derived.problem_id = decided.problem_id
    LEFT JOIN outcomes ON outcomes.candidate_id = decided.candidate_id
    LEFT JOIN said ON said.candidate_id = decided.candidate_id
    ORDER BY decided.problem_id, decided.candidate_id
"""

_SAMPLES = f"""
    SELECT {", ".join(f'"{name}"' for name in Sample.model_fields)} FROM samples ORDER BY problem_id, sample_id
"""

_ROLLOUTS = f"""
    SELECT {", ".join(f'"{name}"' for name in Rollout.model_fields)} FROM rollouts
    ORDER BY problem_id, solution_id, step, sample, model
"""
