"""Roll-outs in the store: which solutions they are made of, which are there, written once."""

from collections.abc import Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation import candidates
from curation.columns import insert, integers, string_lists, strings
from curation.problems import read_problems
from curation.process_labels.lines import read_lines
from curation.rows import rows
from curation.store import Store
from schemas.rollout import RolledSolution, Rollout


def solutions(store: Store, limit: int | None = None) -> list[RolledSolution]:
    """What roll-outs can label: every problem's own solution, then models' wrong solutions of backward questions of
    which nobody knows which step is wrong; the first `limit` of them.
    """
    found = [
        RolledSolution(
            problem_id=problem.id,
            candidate_id=None,
            question=problem.question,
            answer=problem.answer,
            steps=tuple(line.text for line in lines),
        )
        for problem in read_problems(store, limit=limit)
        if (lines := read_lines(problem))
    ]
    with store.connect() as connection:
        found += _samples(connection)
    return found[:limit]


def _samples(connection: DuckDBPyConnection) -> list[RolledSolution]:
    written = rows(
        connection,
        "SELECT candidate_id, list_transform(steps, lambda step: step.text) AS steps FROM samples "
        "WHERE purpose = 'solve' AND outcome <> 'pass' AND broken_step IS NULL AND len(steps) > 0 ORDER BY rowid",
    )
    known = candidates.read(connection, {row["candidate_id"] for row in written})
    return [
        RolledSolution(
            problem_id=problem.id,
            candidate_id=candidate.id,
            question=candidate.question,
            answer=candidate.answer,
            steps=tuple(row["steps"]),
        )
        for row in written
        if row["candidate_id"] in known
        for problem, candidate in [known[row["candidate_id"]]]
    ]


def done(store: Store, model: str) -> dict[str, set[tuple[int, int]]]:
    """The steps and samples of each solution that the model has gone on from."""
    found: dict[str, set[tuple[int, int]]] = {}
    with store.connect() as connection:
        for row in rows(connection, "SELECT solution_id, step, sample FROM rollouts WHERE model = ?", [model]):
            found.setdefault(row["solution_id"], set()).add((row["step"], row["sample"]))
    return found


def add(store: Store, run_id: str, rollouts: Sequence[Rollout]) -> None:
    """Add roll-outs, which the store does not have."""
    if not rollouts:
        return
    names = ("solution_id", "problem_id", "candidate_id", "question", "model", "key", "given", "outcome")
    with store.connect() as connection:
        insert(
            connection,
            "rollouts",
            {name: strings(getattr(each, name) for each in rollouts) for name in names}
            | {name: integers(getattr(each, name) for each in rollouts) for name in ("step", "sample")}
            | {
                "steps": string_lists([each.steps for each in rollouts]),
                "run_id": pa.repeat(run_id, len(rollouts)),
            },
        )


def read(connection: DuckDBPyConnection, problem_id: str) -> tuple[Rollout, ...]:
    """The roll-outs of a problem and its candidates, in the order of their solutions, steps and samples."""
    found = rows(
        connection,
        "SELECT * EXCLUDE (run_id) FROM rollouts WHERE problem_id = ? ORDER BY solution_id, model, step, sample",
        [problem_id],
    )
    return tuple(Rollout.model_validate(row) for row in found)
