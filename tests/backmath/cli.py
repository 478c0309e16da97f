"""The command as a user runs it, the bundled sample as data, and stores compared row for row."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from curation.store import Store

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "generation" / "sources" / "sample.jsonl"
COMMAND = Path(sys.executable).with_name("backmath")

_VARY = ("run_id", "elapsed_ms")
"""Columns that differ between two runs over the same problems, beside those that hold times."""


def environment(**more: str) -> dict[str, str]:
    """The environment without what would configure the command or size its output."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("BACKMATH_", "OPENAI_"))} | more


def start(*arguments: object, cwd: Path, **more: str) -> "subprocess.Popen[str]":
    """Start the command in a process group of its own, as a shell does."""
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**more),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def python(program: str) -> list[str]:
    """The command line of a Python program that imports the project."""
    return [sys.executable, "-c", program]


def run(*arguments: object, cwd: Path, code: int = 0, **more: str) -> tuple[str, str]:
    """Run the command to its end; its output and its errors. Fails where the exit code is not `code`."""
    process = start(*arguments, cwd=cwd, **more)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == code, f"exit code {process.returncode}\n{output}{errors}"
    return output, errors


def copies(path: Path, times: int) -> Path:
    """A file of the sample's problems, `times` of each, told apart by a number in front."""
    rows = [json.loads(line) for line in SAMPLE.read_text().splitlines()]
    with path.open("w") as file:
        for number in range(times):
            for row in rows:
                file.write(json.dumps(row | {"question": f"Problem {number}. {row['question']}"}) + "\n")
    return path


def query(workspace: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query over the workspace's store."""
    with Store(workspace).connect(read_only=True) as connection:
        return connection.execute(sql).fetchall()


def contents(workspace: Path) -> dict[str, list[str]]:
    """All rows of the tables of data, sorted, without what differs between any two runs."""
    tables = ("problems", "ingest_errors", "derivations", "candidates", "checks", "decisions", "samples")
    rows = {}
    with Store(workspace).connect(read_only=True) as connection:
        for table in tables:
            relation = connection.table(table)
            kept = [f'"{name}"' for name in relation.columns if name not in _VARY and not name.endswith("_at")]
            rows[table] = sorted(map(repr, relation.project(", ".join(kept)).fetchall()))
    return rows
