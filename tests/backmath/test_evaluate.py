"""`backmath evaluate` as a user runs it: on a server, killed, stopped, compared, and with what can be wrong."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from backmath.app import main
from schemas.evaluation import Answered, Evaluation
from tests.backmath import cli
from tests.llm_process import Running, serve
from training.evaluation.lines import read

QUESTIONS = 8


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a set of sums and nothing that configures the command."""
    for name in os.environ.keys() - cli.environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    rows = [{"question": f"What is {number} plus 1?", "answer": str(number + 1)} for number in range(QUESTIONS)]
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def table(folder: Path, right: int) -> str:
    """A model that knows the first answers; to the others it says one that is another, and to the last none."""
    said = [f"{n} + 1 = {n + 1}\nThe answer is {n + 1 if n < right else 100}." for n in range(QUESTIONS - 1)]
    said.append("I do not know what to say about that")
    rows = [{"question": f"What is {number} plus 1?", "text": text} for number, text in enumerate(said)]
    file = folder / f"table{right}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


def command(server: Running | str, *options: object) -> list[str]:
    url = server if isinstance(server, str) else server.url
    return ["evaluate", "--model", "mock", "--base-url", url, "--on", "sums=sums.jsonl", *map(str, options)]


def asked(server: Running) -> list[str]:
    """The questions that were answered whole, in order."""
    return [each["request"]["messages"][-1]["content"] for each in server.log() if each["outcome"] == "good"]


def answers(folder: Path, run: str = "evaluate-1") -> list[Answered]:
    return read(folder / "workspace" / "runs" / run / "answers.jsonl", Answered)


def test_a_server_is_asked_as_in_training_and_what_it_says_is_graded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve("--answers", table(folder, 5)) as server:
        assert main(command(server, "--samples", 1)) == 0
        shown = capsys.readouterr().out
        first = server.log()[0]["request"]
    assert "62.5%" in shown
    assert "sums, forward: 8 questions" in shown
    assert first["messages"][0]["content"].startswith("Solve the problem step by step")
    assert "response_format" not in first
    assert {(row.outcome, row.sample) for row in answers(folder)} == {
        (outcome, sample) for outcome in ("equal", "unequal", "undecided") for sample in (0, 1)
    }
    found = Evaluation.model_validate_json((folder / "workspace/runs/evaluate-1/evaluation.json").read_bytes())
    (result,) = found.results
    assert (result.accuracy.value, result.undecided.value, result.no_answer.value) == (5 / 8, 1 / 8, 1 / 8)
    assert 0 < result.accuracy.low < 5 / 8 < result.accuracy.high < 1
    assert found.sets[0].sha256
    assert cli.query(folder / "workspace", "SELECT count(*) FROM llm_calls WHERE purpose = 'evaluate'") == [(16,)]


def test_the_same_model_is_paid_once_and_another_is_compared_with_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve("--answers", table(folder, 0)) as server:
        assert main(command(server)) == 0
        assert main(command(server)) == 0
        assert server.stats()["total"] == QUESTIONS
    with serve("--model", "better", "--answers", table(folder, 7)) as server:
        better = command(server, "--against", "evaluate-1", "--json")
        better[better.index("mock")] = "better"
        capsys.readouterr()
        assert main(better) == 0
    (comparison,) = json.loads(capsys.readouterr().out)["comparisons"]
    assert (comparison["only_this"], comparison["only_other"]) == (7, 0)
    assert comparison["p_value"] == pytest.approx(2 / 2**7)
    assert main(["evaluate", "--resume", "evaluate-2", "--against", "evaluate-3"]) == 0
    assert "with evaluate-3" in " ".join(capsys.readouterr().out.split())


def test_a_killed_evaluation_goes_on_and_asks_nothing_twice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve("--answers", table(folder, 5), "--latency", "0.4") as server:
        process = cli.start(*command(server, "--concurrency", 1), cwd=folder)
        file = folder / "workspace" / "runs" / "evaluate-1" / "answers.jsonl"
        deadline = time.monotonic() + 90
        while not file.exists() or file.read_bytes().count(b"\n") < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        before = file.read_bytes()
        whole = {json.loads(line)["question"] for line in before.splitlines(keepends=True) if line.endswith(b"\n")}
        assert 2 <= len(whole) < QUESTIONS
        count = len(asked(server))
        assert main(["evaluate", "--resume", "evaluate-1"]) == 0
        again = asked(server)[count:]
    assert not whole & set(again)
    assert len(again) == len(set(again)) <= QUESTIONS - len(whole)
    rows = answers(folder)
    assert len({row.row_id for row in rows}) == len(rows) == QUESTIONS
    assert sum(row.outcome == "equal" for row in rows) == 5


def test_ctrl_c_says_how_to_go_on(folder: Path) -> None:
    with serve("--answers", table(folder, 5), "--latency", "0.4") as server:
        process = cli.start(*command(server, "--concurrency", 1), cwd=folder)
        file = folder / "workspace" / "runs" / "evaluate-1" / "answers.jsonl"
        deadline = time.monotonic() + 90
        while not file.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "answers are in" in errors
    assert "Next: backmath evaluate --resume evaluate-1" in errors
    assert errors.count("\n") == 1
    record = json.loads((folder / "workspace/runs/evaluate-1/run.json").read_text())
    assert record["state"] == "interrupted"


def test_a_refused_question_leaves_the_others_answered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve("--answers", table(folder, 5), "--reject-content", "is 3 plus") as server:
        assert main(command(server)) == 1
        error = capsys.readouterr().err
        assert main(command(server, "--against", "evaluate-1")) == 1
        again = capsys.readouterr().err
    assert "1 of 8 answers could not be had" in error
    assert error.endswith("--resume evaluate-1\n")
    assert again.endswith("--resume evaluate-2 --against evaluate-1\n")
    assert len(answers(folder)) == QUESTIONS - 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"--on": "nowhere"}, "'nowhere' is no known evaluation set"),
        ({"--on": "sums=missing.jsonl"}, "missing.jsonl does not exist"),
        ({"--on": "sums=empty.jsonl"}, "has no row that can be asked"),
        ({"--on": "release:test"}, "there is no release yet"),
        ({"--base-url": "http://127.0.0.1:9/v1"}, "--resume evaluate-1"),
        ({"--base-url": "", "--model": "no_model"}, "is no model that can be loaded"),
        ({"--against": "evaluate-9"}, "there is no run evaluate-9"),
        ({"--resume": "evaluate-9"}, "there is no run evaluate-9"),
        ({"--on": ""}, "which set?"),
    ],
)
def test_what_is_wrong_is_one_line(
    options: dict[str, str],
    said: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (folder / "empty.jsonl").write_text("")
    (folder / "no_model").mkdir()
    usual = {"--model": "mock", "--base-url": "http://127.0.0.1:9/v1", "--on": "sums=sums.jsonl"}
    given = {**usual, **options}
    assert main(["evaluate", *[part for name, value in given.items() if value for part in (name, value)]]) == 1
    shown = capsys.readouterr()
    assert said in shown.err
    (line,) = [line for line in shown.err.splitlines() if line.startswith("backmath: ")]
    assert "Traceback" not in shown.err
    assert line


def test_a_model_of_ours_is_told_apart_from_sets_its_release_was_not_held_against(
    quickstarted: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from datetime import UTC, datetime

    from schemas.training import TrainingRun
    from training import tiny

    shutil.copytree(quickstarted / "workspace", folder / "workspace")
    run = folder / "workspace" / "runs" / "sft-1"
    tiny.make(run / "model", ["What is 1 plus 1? The answer is 2."] * 9, seed=0)
    record = TrainingRun(
        name="sft-1",
        stage="sft",
        state="done",
        base="tiny",
        recipe="tiny",
        release="1.0.0",
        manifest_sha256=None,
        code_version="0",
        packages={},
        device="CPU",
        processes=1,
        started_at=datetime.now(UTC),
    )
    (run / "run.json").write_text(record.model_dump_json())
    sets = ("--on", "sums=sums.jsonl", "--on", "again=sums.jsonl", "--on", "release:test")
    options = (*sets, "--limit", "2", "--max-tokens", "4")
    assert main(["evaluate", "--model", "sft-1", *options]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "was trained on release 1.0.0" in shown
    assert "was not held against sums, again, so it may" in shown
    assert "release:test, so it may" not in shown
    found = Evaluation.model_validate_json((folder / "workspace/runs/evaluate-1/evaluation.json").read_bytes())
    assert [each.decontaminated for each in found.sets] == ["unchecked", "unchecked", "checked"]
    assert {(each.set, each.kind) for each in found.results} >= {("sums", "forward"), ("release:test", "backward")}
