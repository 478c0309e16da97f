"""Runs: what was run with which configuration, how it ended and what it added."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from duckdb import DuckDBPyConnection

from curation.columns import well_formed
from curation.rows import rows
from curation.store import Store
from schemas.identity import content_id
from schemas.model import Model

RunStatus = Literal["running", "done", "interrupted", "failed"]


class Run(Model):
    """One row of `runs`; times are UTC. `counts` is what the run added, counted in the store when it ended."""

    run_id: str
    command: str
    command_line: str
    configuration: dict[str, Any]
    fingerprint: str
    code_version: str
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus
    counts: dict[str, int]


def begin(
    store: Store,
    command: str,
    *,
    command_line: str,
    configuration: Mapping[str, Any],
    fingerprint: str,
    code_version: str,
) -> Run:
    """Begin a run, or go on with the one of the same command and fingerprint that did not end well.

    Call it within `store.running(command)`: then a row still marked as running is that of a killed process. `command`
    is `ingest` or `generate`; `command_line` is what the user types to go on with the run. The id depends on the
    command, the fingerprint and how often it was run before, so that it is the same in every store.
    """
    with store.connect() as connection:
        connection.execute("UPDATE runs SET status = 'interrupted' WHERE command = ? AND status = 'running'", [command])
        earlier = connection.execute(
            "SELECT run_id, status FROM runs WHERE command = ? AND fingerprint = ? ORDER BY started_at",
            [command, fingerprint],
        ).fetchall()
        if earlier and earlier[-1][1] != "done":
            run_id = earlier[-1][0]
        else:
            run_id = content_id("run", command, fingerprint, str(len(earlier)))
            connection.execute(
                "INSERT INTO runs BY NAME SELECT $run_id AS run_id, $command AS command, '' AS command_line, "
                "'{}' AS configuration, $fingerprint AS fingerprint, '' AS code_version, $started_at AS started_at, "
                "'running' AS status, '{}' AS counts",
                {"run_id": run_id, "command": command, "fingerprint": fingerprint, "started_at": _now()},
            )
        connection.execute(
            "UPDATE runs SET command_line = $command_line, configuration = $configuration, "
            "code_version = $code_version, status = 'running', finished_at = NULL WHERE run_id = $run_id",
            {
                "command_line": well_formed(command_line),
                "configuration": well_formed(json.dumps(configuration, sort_keys=True, ensure_ascii=False)),
                "code_version": code_version,
                "run_id": run_id,
            },
        )
        return _read(connection, run_id)


def finish(store: Store, run_id: str, status: Literal["done", "interrupted", "failed"]) -> Run:
    """End a run: count in the store what it added, over all its parts where it was cut short before."""
    with store.connect() as connection:
        counts = {name: connection.execute(query, [run_id]).fetchall()[0][0] for name, query in _COUNTS.items()}
        connection.execute(
            "UPDATE runs SET status = $status, finished_at = $finished_at, counts = $counts WHERE run_id = $run_id",
            {
                "status": status,
                "finished_at": _now(),
                "counts": json.dumps({name: count for name, count in counts.items() if count}),
                "run_id": run_id,
            },
        )
        return _read(connection, run_id)


def all_runs(connection: DuckDBPyConnection) -> list[Run]:
    """Every run, oldest first."""
    return [_run(row) for row in rows(connection, "SELECT * FROM runs ORDER BY started_at")]


_MADE = "SELECT DISTINCT unnest(candidate_ids) AS candidate_id FROM derivations WHERE run_id = ?"

_DECIDED = f"SELECT count(*) FROM ({_MADE}) JOIN latest_decisions USING (candidate_id) WHERE verdict = '{{}}'"

_COUNTS = {
    "problems": "SELECT count(*) FROM problems WHERE run_id = ?",
    "ingest_errors": "SELECT count(*) FROM ingest_errors WHERE run_id = ?",
    "derived": "SELECT count(*) FROM derivations WHERE run_id = ? AND NOT failed",
    "failed": "SELECT count(*) FROM "
    "(SELECT derivation_id FROM derivations WHERE run_id = ? GROUP BY derivation_id HAVING bool_and(failed))",
    "formulas": "SELECT count(expression) FROM derivations WHERE run_id = ? AND NOT failed",
    "conditions": "SELECT coalesce(sum(len(conditions)), 0)::BIGINT FROM derivations WHERE run_id = ? AND NOT failed",
    "candidates": f"SELECT count(*) FROM ({_MADE})",
    "accepted": _DECIDED.format("accept"),
    "review": _DECIDED.format("review"),
    "rejected": _DECIDED.format("reject"),
    "samples": "SELECT count(*) FROM samples WHERE run_id = ?",
    "calls": "SELECT count(*) FROM llm_calls WHERE run_id = ?",
}


def _read(connection: DuckDBPyConnection, run_id: str) -> Run:
    return _run(rows(connection, "SELECT * FROM runs WHERE run_id = ?", [run_id])[0])


def _run(row: dict[str, Any]) -> Run:
    return Run.model_validate(row | {name: json.loads(row[name]) for name in ("configuration", "counts")})


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
