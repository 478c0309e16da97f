"""A workspace of a few problems, and `backmath generate` in this process against the server that answers them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from backmath.app import main
from tests.backmath import cli
from tests.formal_answers import right_answer, write_table
from tests.generation.made import read_trace, sample
from tests.llm_process import Running

PROBLEMS = 12
KEY = "sk-secret-0123456789-abcdefghij"


def table(path: Path) -> Path:
    """The server's table: an answer for every problem of the sample."""
    return write_table(path, ((problem, answer) for problem in sample() if (answer := right_answer(problem))))


def ingest(folder: Path) -> Path:
    """A workspace in the folder with the first problems of the sample."""
    arguments = ("ingest", "gsm8k", "--path", cli.SAMPLE, "--limit", PROBLEMS, "--workspace", folder / "workspace")
    assert main(list(map(str, arguments))) == 0
    return folder / "workspace"


def command(server: Running | str, *options: object) -> list[str]:
    """The command that has the server's model write formulas."""
    url = server if isinstance(server, str) else server.url
    return ["generate", "--formula", "formalize", "--model", "mock", "--base-url", url, *map(str, options)]


def formalize(server: Running | str, *options: object) -> int:
    """Run it in the current folder; the exit code."""
    return main(command(server, *options))


def asked(server: Running) -> Counter[str]:
    """How often the server was asked for each purpose."""
    requests = (entry["request"] for entry in server.log())
    return Counter(request["response_format"]["json_schema"]["name"] for request in requests)


def paid(server: Running) -> int:
    """How many whole answers the server gave."""
    return int(server.stats()["outcomes"].get("good", 0))


def formulas(workspace: Path) -> dict[str, str | None]:
    """The formula that the model gave for each problem, None where it gave none; those that failed are left out."""
    query = "SELECT problem_id, expression FROM latest_derivations WHERE formula = 'formalize' AND NOT failed"
    return dict(cli.query(workspace, query))


def right_formulas() -> dict[str, str]:
    """What the server's answers say for the problems of the workspace."""
    return {problem.id: read_trace(problem)[1].formula().expression for problem in sample()[:PROBLEMS]}


def status(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `backmath status --json` says of the current folder's workspace."""
    capsys.readouterr()
    assert main(["status", "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def one_line(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line of an error, which names these words and no secret."""
    shown = capsys.readouterr()
    assert shown.err.startswith("backmath: ")
    assert shown.err.count("\n") == 1, shown.err
    assert KEY not in shown.err + shown.out
    for word in words:
        assert word in shown.err, shown.err
    return shown.err
