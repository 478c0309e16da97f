"""`backmath train sft` as a user runs it: what it prints, what it says when it is told something wrong, Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backmath.app import main
from training import runs
from training.runs import METRICS_NAME

QUICK = ["--max-steps", "8", "--batch-size", "2", "--log-every", "1", "--eval-rows", "2"]


@pytest.fixture
def workspace(quickstarted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of quickstart's workspace, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(quickstarted / "workspace", tmp_path / "workspace"))


def test_it_trains_says_what_it_used_and_where_the_model_is(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "sft", "--recipe", "tiny", *QUICK, "--max-length", "300"]) == 0
    shown, errors = capsys.readouterr()
    assert shown.splitlines()[0] == "sft-1: sft of tiny on release 1.0.0"
    assert "rows of train, 1 row of validation; " in shown
    assert "of train left out: longer than 300 tokens" in shown
    assert "→" in shown
    assert f"The model is {Path('workspace/runs/sft-1/model')}" in shown
    assert (workspace / "runs" / "sft-1" / "model" / "README.md").exists()
    assert errors == ""


def test_ctrl_c_leaves_a_checkpoint_and_the_line_it_prints_goes_on(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = workspace / "runs" / "sft-1" / METRICS_NAME

    def press() -> None:
        while not metrics.exists() or metrics.read_text().count('"loss"') < 2:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press, daemon=True)
    presser.start()
    assert main(["train", "sft", "--recipe", "tiny", *QUICK, "--max-steps", "200"]) == 1
    presser.join()
    _, errors = capsys.readouterr()
    assert errors.startswith("backmath: stopped at step ")
    assert errors.endswith("Next: backmath train sft --resume sft-1\n")
    assert len(list((workspace / "runs" / "sft-1" / "checkpoints").glob("checkpoint-*/complete.json"))) == 1
    assert main(["train", "sft", "--resume", "sft-1", "--max-steps", "8"]) == 1
    _, errors = capsys.readouterr()
    assert "run sft-1 was begun with max_steps = 200, not 8" in errors


def test_two_processes_are_stopped_by_one_ctrl_c_and_leave_a_checkpoint(workspace: Path) -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "--no-python", "--"]
    command = [Path(sys.executable).with_name("backmath"), "train", "sft", "--recipe", "tiny", *QUICK]
    process = subprocess.Popen(
        [sys.executable, *torchrun, *command, "--max-steps", "2000", "--run", "two"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    metrics = workspace / "runs" / "two" / METRICS_NAME
    while not metrics.exists() or metrics.read_text().count('"loss"') < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to torchrun, which passes it on, and to its processes
    _, errors = process.communicate(timeout=60)
    assert errors.count("backmath: stopped at step ") == 1
    assert errors.count("Next: backmath train sft --resume two\n") == 1
    assert runs.record(workspace, "two").processes == 2
    assert runs.record(workspace, "two").state == "interrupted"
    assert len(list((workspace / "runs" / "two" / "checkpoints").glob("checkpoint-*/complete.json"))) == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--recipe", "70b"], "'70b' is no recipe; there are 1.5b, 135m, 7b, tiny"),
        ([], "which model? Nothing was trained. Next: --model PATH, or --recipe tiny, which makes its own"),
        (["--model", "no/such/model"], "no/such/model is no model that can be loaded ("),
        (["--recipe", "tiny", "--release", "9.9.9"], "there is no release 9.9.9"),
        (["--resume", "sft-9"], "there is no run sft-9; there are: none"),
        (["--resume", "sft-9", "--model", "tiny"], "--resume sft-9 goes on as the run was begun: leave out --model"),
        (
            ["--recipe", "tiny", "--trackers", "trackio"],
            "trackio is not installed; nothing was done. Next: pip install",
        ),
    ],
    ids=["recipe", "no model", "model", "release", "run", "resume with a model", "tracker"],
)
def test_what_is_wrong_is_one_line(
    workspace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    assert main(["train", "sft", *arguments]) == 1
    _, errors = capsys.readouterr()
    assert errors.startswith(f"backmath: {line}")
    assert errors.count("\n") == 1
