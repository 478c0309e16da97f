"""A model that cannot be asked, money that is spent, runs that are cut short: one line, and nothing paid is lost."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backmath.app import main
from generation.llm import retries
from tests.backmath import cli
from tests.backmath.asking import KEY, PROBLEMS, command, formalize, formulas, one_line, paid, right_formulas
from tests.llm_process import Running, serve

NOBODY = "http://127.0.0.1:9/v1"
PRICE = (1_000, 2_000)
"""USD for a million tokens in and out, as providers state it."""


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.02)


@pytest.fixture(scope="module")
def whole(started: Running, ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What a run that nothing interrupts leaves in the store."""
    started.reset()
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(ingested, folder / "workspace")
    cli.run(*command(started), cwd=folder)
    return cli.contents(folder / "workspace")


def test_a_wrong_key_is_one_line_and_the_right_one_goes_on(
    server: Running, workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.change(key="sk-the-right-one")
    assert formalize(server) == 1
    one_line(capsys, server.url, "refuses the key", "OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert formalize(server) == 1
    one_line(capsys, server.url, "asks for a key", "OPENAI_API_KEY")
    assert paid(server) == 0
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-right-one")
    assert formalize(server) == 0
    assert formulas(workspace) == right_formulas()


def test_an_unknown_model_is_one_line_that_names_known_ones(
    server: Running, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.change(model=["large", "small"])
    assert formalize(server) == 1
    one_line(capsys, "'mock'", "large, small", "--model")
    server.change(no_models=True)  # then it is found out by the first call
    assert formalize(server) == 1
    one_line(capsys, "'mock'", "--model")
    assert formulas(workspace) == {}


def test_an_unreachable_server_is_one_line(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert formalize(NOBODY) == 1
    one_line(capsys, NOBODY, "no connection", "check --base-url and that the server runs")
    assert formalize("127.0.0.1:9/v1") == 1
    one_line(capsys, "'127.0.0.1:9/v1'", "is no base URL")


def test_a_server_that_never_keeps_to_the_schema_is_one_line_before_much_is_paid(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "gsm8k", "--path", str(cli.SAMPLE)]) == 0
    capsys.readouterr()
    with serve("--text", "I would say that it is 42.") as server:
        assert formalize(server) == 1
        one_line(capsys, server.url, "'mock'", "schema", "no JSON object")
        assert paid(server) < 60
    assert set(formulas(workspace).values()) == {None}


def test_what_has_to_be_named_is_named_before_anything_is_done(
    server: Running, workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["generate", "--formula", "formalize", "--base-url", server.url]) == 1
    one_line(capsys, "--model", "nothing was done")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert main(["generate", "--formula", "formalize", "--model", "gpt-5-mini"]) == 1
    one_line(capsys, "api.openai.com", "OPENAI_API_KEY")
    assert formalize(server, "--budget", 5) == 1
    one_line(capsys, "what mock costs", "is not known", "--price")
    assert formalize(server, "--concurrency", 10**9) == 1
    one_line(capsys, "1,000,000,200 open files", "--concurrency")
    assert server.stats()["total"] == 0


def test_the_budget_is_never_passed_and_a_larger_one_pays_for_nothing_again(
    server: Running, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    price = ("--price", *PRICE)
    assert formalize(server, "--budget", 12, *price) == 1
    one_line(capsys, "the budget of $12 is reached", "--budget")
    usage = server.stats()["usage"]
    assert 0 < (usage["prompt_tokens"] * PRICE[0] + usage["completion_tokens"] * PRICE[1]) / 1e6 <= 12
    first = paid(server)
    assert 0 < first < PROBLEMS
    assert len(formulas(workspace)) == first
    assert formalize(server, "--budget", 1_000, *price) == 0
    assert paid(server) == PROBLEMS
    assert formulas(workspace) == right_formulas()
    ((again,),) = cli.query(workspace, "SELECT sum(usd) FROM cost")
    usage = server.stats()["usage"]
    assert again == pytest.approx((usage["prompt_tokens"] * PRICE[0] + usage["completion_tokens"] * PRICE[1]) / 1e6)


def begun(server: Running, folder: Path, *options: object) -> "subprocess.Popen[str]":
    """A run in a process of its own that has got some of its answers, and waits for two more."""
    server.change(latency=0.2)
    process = cli.start(*command(server, "--concurrency", 2, *options), cwd=folder, OPENAI_API_KEY=KEY)
    wait_for(process, lambda: paid(server) >= 3 and server.stats()["in_flight"] == 2)
    return process


def wait_for(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> None:
    """Look at the server until it has been asked so much."""
    deadline = time.monotonic() + 60
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_key_that_is_refused_in_mid_run_loses_nothing_that_was_paid(
    server: Running, workspace: Path, tmp_path: Path, whole: dict[str, list[str]]
) -> None:
    process = begun(server, tmp_path)
    server.change(key="sk-another")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "refuses the key" in errors
    assert errors.count("\n") == 1
    assert len(formulas(workspace)) == paid(server)
    server.change(key=KEY)
    assert formalize(server, "--concurrency", 2) == 0
    assert paid(server) == PROBLEMS
    assert cli.contents(workspace) == whole


def test_ctrl_c_finishes_what_is_in_flight_and_the_same_command_goes_on(
    server: Running, workspace: Path, tmp_path: Path, whole: dict[str, list[str]]
) -> None:
    process = begun(server, tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    shown, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    line = " ".join(["backmath", *command(server, "--concurrency", 2)])
    assert errors == f"backmath: stopped; what was finished is written. Next: {line}\n"
    assert KEY not in shown + errors
    assert server.stats()["in_flight"] == 0
    assert set(server.stats()["outcomes"]) == {"good"}, "a call was broken off"
    first = paid(server)
    assert len(formulas(workspace)) == first < PROBLEMS
    assert formalize(server, "--concurrency", 2) == 0
    assert paid(server) == PROBLEMS
    assert cli.contents(workspace) == whole


def test_ctrl_c_while_the_server_turns_every_call_away_waits_for_nothing(
    server: Running, workspace: Path, tmp_path: Path
) -> None:
    assert main(["ingest", "gsm8k", "--path", str(cli.SAMPLE)]) == 0
    server.change(fault={"rate_limit": 1}, retry_after=60)
    process = cli.start(*command(server), cwd=tmp_path)
    wait_for(process, lambda: server.stats()["total"] > 20)  # then all wait for as long as the server asks
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert errors.startswith("backmath: stopped; what was finished is written.")
    assert formulas(workspace) == {}


def test_a_kill_pays_again_at_most_for_what_was_in_flight(
    server: Running, workspace: Path, tmp_path: Path, whole: dict[str, list[str]]
) -> None:
    process = begun(server, tmp_path)
    process.kill()
    process.communicate()
    server.change(latency=0.01)
    assert formalize(server) == 0
    assert cli.contents(workspace) == whole
    assert server.stats()["good_again"] <= 2
    lost = cli.query(workspace, "SELECT count(*) FROM llm_calls WHERE outcome = 'lost'")
    assert 0 < lost[0][0] <= 2
    assert cli.query(workspace, "SELECT status FROM runs WHERE command = 'generate'") == [("done",)]


def test_the_key_stands_nowhere(
    server: Running, workspace: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server.change(key=KEY, fault={"server_error": 0.2, "malformed": 0.2})
    process = begun(server, tmp_path, "--debug")
    journals = [path.read_bytes() for path in workspace.iterdir()]
    assert any(b'"formalize"' in text for text in journals), "no journal was seen"
    shown = "".join(process.communicate(timeout=60))
    for text in (*journals, *(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()), shown.encode()):
        assert KEY.encode() not in text
    for table in ("llm_calls", "runs", "derivations"):  # the file holds texts compressed
        assert KEY not in str(cli.query(workspace, f"SELECT * FROM {table}"))
