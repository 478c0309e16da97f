"""`backmath train compare` as a user runs it: the tables that it prints, and what it says when it is told nonsense."""

import json
import re
import shutil
from pathlib import Path

import pytest

from backmath.app import main

STAGES = "[sft]\nmax_steps = 2\nbatch_size = 2\nmax_length = 400\neval_rows = 0\n"
QUICK = [
    "--recipe",
    "tiny",
    "--seeds",
    "1",
    "--limit",
    "1",
    "--max-tokens",
    "4",
    "--arms",
    "base",
    "--arms",
    "sft-both",
]


@pytest.fixture
def workspace(quickstarted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of quickstart's workspace, in the current folder, with a file that makes training quick."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quick.toml").write_text(STAGES)
    return Path(shutil.copytree(quickstarted / "workspace", tmp_path / "workspace"))


def test_it_says_what_it_does_and_prints_what_each_arm_took_and_is_worth(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["train", "compare", *QUICK, "--config", "quick.toml"]) == 0
    shown, errors = capsys.readouterr()
    assert shown.splitlines()[:4] == [
        "compare-1: compare of tiny",
        "compare-1-base-evaluate: evaluate of workspace/runs/compare-1/base",
        "compare-1-sft-both-seed0: sft of workspace/runs/compare-1/base",
        "compare-1-sft-both-seed0-evaluate: evaluate of workspace/runs/compare-1-sft-both-seed0/model",
    ]
    assert "4 solutions for each arm and seed" in shown
    assert re.search(r"^sft-both +0 +2 +[0-9]+ ", shown, re.MULTILINE)
    assert "release:test, forward" in shown
    assert "release:test, backward" in shown
    assert errors == ""
    found = json.loads((workspace / "runs" / "compare-1" / "compare.json").read_text())
    assert [arm["name"] for arm in found["arms"]] == ["base", "sft-both"]
    assert main(["train", "compare", "--resume", "compare-1"]) == 1
    assert capsys.readouterr().err.startswith("backmath: run compare-1 is done; nothing was done")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--arms", "dpo"], "arms.0 = 'dpo'"),
        (["--recipe", "tiny", "--on", "gsm8k", "--on", "gsm8k"], "gsm8k is named twice"),
        (["--recipe", "tiny", "--on", "nonsense"], "'nonsense' is no known evaluation set"),
        ([], "which model?"),
        (["--resume", "compare-9"], "there is no run compare-9"),
        (["--recipe", "tiny", "--release", "9.9.9"], "9.9.9"),
    ],
)
def test_nonsense_is_one_line_and_leaves_no_run(
    options: list[str], said: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "compare", *options]) == 1
    errors = capsys.readouterr().err
    assert said in errors
    assert errors.count("\n") == 1
    assert not (workspace / "runs").exists()
