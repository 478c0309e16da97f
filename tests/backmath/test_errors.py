"""A failure is one line that names the value at fault, what is left, and what to do; the exit code tells the kind."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backmath.app import main
from tests.backmath import cli

EVERY_COMMAND = (
    ["quickstart"],
    ["ingest", "gsm8k", "--path", str(cli.SAMPLE)],
    ["generate"],
    ["triage"],
    ["status"],
    ["candidates", "list"],
    ["candidates", "show", "abc"],
    ["candidates", "export", "out.jsonl"],
)
READERS = EVERY_COMMAND[2:]


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("backmath: ")
    assert err.count("\n") == 1, err
    return err


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_without_a_store_the_line_says_how_to_get_one(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--workspace", "nowhere"]) == 1
    line = one_line(capsys)
    assert "nowhere" in line
    assert "backmath ingest" in line
    assert not list(tmp_path.iterdir())


def test_generate_without_problems_says_how_to_get_some(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").touch()
    workspace = ["--workspace", str(tmp_path)]
    assert main(["ingest", "gsm8k", "--path", str(tmp_path / "empty.jsonl"), *workspace]) == 0
    capsys.readouterr()
    assert main(["generate", *workspace]) == 1
    assert "there are no problems" in one_line(capsys)


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_a_store_that_is_none_is_named_and_left_alone(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backmath.duckdb").write_text("not a database\n" * 1000)
    assert main([*command, "--workspace", str(tmp_path)]) == 1
    assert f"{tmp_path / 'backmath.duckdb'} is not a DuckDB database" in one_line(capsys)
    assert (tmp_path / "backmath.duckdb").read_text().startswith("not a database")


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_a_workspace_that_is_a_file_is_one_line(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main([*command, "--workspace", "file"]) == 1
    assert "file" in one_line(capsys)


def without_privilege() -> list[str]:
    """What makes a command of root's mind the permissions of folders; nothing for anyone else."""
    if os.getuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root writes to every folder, and there is no setpriv to take that away")
    return ["setpriv", "--bounding-set=-dac_override"]


@pytest.fixture
def read_only(quickstarted: Path) -> Iterator[Path]:
    """A workspace that anyone may read and nobody may write."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        folder = Path(above) / "workspace"
        folder.mkdir()
        (folder / "backmath.duckdb").write_bytes((quickstarted / "workspace" / "backmath.duckdb").read_bytes())
        (folder / "backmath.duckdb").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize("command", EVERY_COMMAND[:6], ids=" ".join)
def test_a_read_only_workspace_is_one_line_and_can_still_be_read(command: list[str], read_only: Path) -> None:
    done = subprocess.run(
        [*without_privilege(), str(cli.COMMAND), *command, "--workspace", str(read_only)],
        cwd=read_only,
        env=cli.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if command in (["status"], ["candidates", "list"]):
        assert done.returncode == 0, done.stderr
        assert done.stdout
    else:
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert f"the workspace {read_only} cannot be written to" in done.stderr


def test_debug_adds_the_traceback_before_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--workspace", str(tmp_path), "--debug"]) == 1
    _, err = capsys.readouterr()
    assert err.startswith("Traceback (most recent call last):")
    assert err.splitlines()[-1].startswith("backmath: there is no store")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["fly"], "'fly'"),
        (["status", "--fast"], "--fast"),
        (["candidates"], "candidates --help"),
        (["ingest"], "SOURCE"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert named in one_line(capsys)


def test_a_terminal_that_knows_only_ascii_gets_all_of_it(workplace: Path) -> None:
    shown, _ = cli.run("candidates", "list", "--limit", "3", cwd=workplace, PYTHONIOENCODING="ascii")
    assert shown.isascii()
    assert len(shown.splitlines()) > 3


def test_a_reader_that_leaves_early_gets_no_traceback(workplace: Path) -> None:
    line = f"{cli.COMMAND} candidates list --json --limit 100000 | head -n 1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=False, cwd=workplace)
    assert done.stdout == "[\n"
    assert not done.stderr


def test_output_that_is_no_terminal_holds_no_colours_and_no_bar(quickstarted: Path) -> None:
    shown = (quickstarted / "quickstart.txt").read_text()
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 100
