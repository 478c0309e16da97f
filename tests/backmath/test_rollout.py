"""Roll-outs: a model goes on from every step, nothing is paid twice, and the labels say how often it arrives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from backmath.app import main
from curation import rollouts
from curation.process_labels.rows import process_rows
from curation.store import Store
from generation.llm import retries
from tests.backmath import asking
from tests.generation.made import sample
from tests.llm_process import Running, serve

PROBLEM = sample()[0]
STEPS = len(PROBLEM.solution.splitlines())
SOLUTIONS = 3


def written(answer: str) -> str:
    return json.dumps({"steps": ["So it is."], "answer": answer})


@pytest.fixture(scope="module")
def going_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A model that is right every other time behind the first step of the first problem, and always behind the last."""
    rules = tmp_path_factory.mktemp("rules") / "rules.jsonl"
    known = PROBLEM.question[:40]
    rows: list[dict[str, Any]] = [
        {"contains": f"\n{STEPS}. ", "system": "go on with a solution", "text": written(PROBLEM.answer)},
        {"contains": known, "system": "go on with a solution", "text": [written(PROBLEM.answer), written("0.5")]},
    ]
    rules.write_text("\n".join(map(json.dumps, rows)))
    with serve("--rules", str(rules), "--text", written("a dog"), "--retry-after", "0.05") as running:
        yield running


@pytest.fixture(autouse=True)
def _place(going_on: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.02)
    monkeypatch.chdir(tmp_path)
    going_on.reset()
    asking.ingest(tmp_path)


def rollout(server: Running, *options: object, limit: int = SOLUTIONS) -> int:
    command = ("rollout", "--model", "mock", "--base-url", server.url, "--n", 4, "--limit", limit, *options)
    return main(list(map(str, command)))


def stored(tmp_path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(tmp_path / "workspace" / "backmath.duckdb"), read_only=True) as connection:
        return connection.execute("SELECT problem_id, step, sample, outcome FROM rollouts").fetchall()


def test_labels_are_hard_where_any_arrives_and_scores_are_the_share(going_on: Running, tmp_path: Path) -> None:
    assert rollout(going_on, limit=1) == 0
    assert len(stored(tmp_path)) == 4 * STEPS
    with Store(tmp_path / "workspace").connect() as connection:
        found = rollouts.read(connection, PROBLEM.id)
    ((config, row),) = process_rows(PROBLEM, (), None, (), (), found)
    assert (config, row.label_source) == ("prm", "rollout")
    assert row.scores == (*(0.5,) * (STEPS - 1), 1.0)
    assert row.labels == (1,) * STEPS
    missed = [each.model_copy(update={"outcome": "missed"}) if each.step == 0 else each for each in found]
    undecided = [each.model_copy(update={"outcome": "undecided"}) if each.step == 0 else each for each in found]
    ((_, row),) = process_rows(PROBLEM, (), None, (), (), missed)
    assert (row.labels[0], row.scores[0]) == (0, 0.0)
    ((_, row),) = process_rows(PROBLEM, (), None, (), (), undecided)
    assert (row.labels[0], row.scores[0]) == (None, None)


def test_the_same_command_asks_for_nothing_again(going_on: Running, tmp_path: Path) -> None:
    assert rollout(going_on) == 0
    before, asked = stored(tmp_path), going_on.stats()["total"]
    assert asked == len(before)
    assert rollout(going_on) == 0
    assert (stored(tmp_path), going_on.stats()["total"]) == (before, asked)


def test_more_completions_keep_those_that_there_are(going_on: Running, tmp_path: Path) -> None:
    assert rollout(going_on, limit=1) == 0
    assert rollout(going_on, "--n", 6, limit=1) == 0
    assert len(stored(tmp_path)) == going_on.stats()["total"] == 6 * STEPS


def test_faults_cost_nothing_but_time(going_on: Running, tmp_path: Path) -> None:
    going_on.change(fault={"server_error": 0.2, "drop": 0.1})
    assert rollout(going_on) == 0
    assert len({row[:3] for row in stored(tmp_path)}) == len(stored(tmp_path))
    assert going_on.stats()["good_again"] == 0


def test_a_spent_budget_keeps_what_was_had_and_says_how_to_go_on(
    going_on: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rollout(going_on, "--price", 1000, 4000, "--budget", 8, "--concurrency", 1) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Next: backmath rollout" in error
    had = len(stored(tmp_path))
    assert had < SOLUTIONS * 4
    assert rollout(going_on) == 0
    assert going_on.stats()["good_again"] == 0
    assert len(stored(tmp_path)) > had


def test_without_a_server_nothing_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rollout", "--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--limit", "1"]) == 1
    assert "Next: backmath rollout" in capsys.readouterr().err
    assert stored(tmp_path) == []


def test_an_empty_workspace_is_told_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rollout", "--model", "m", "--base-url", "http://x/v1", "--workspace", str(tmp_path / "new")]) == 1
    assert "backmath ingest" in capsys.readouterr().err
