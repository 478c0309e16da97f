"""Stopped, killed, crowded or out of room: what is written stays whole, and the next run finishes the work."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.backmath import cli

pytestmark = pytest.mark.xdist_group("interruption")  # one process makes what is stopped

FEW = 6
MANY = 80
"""Copies of the sample: for runs that are finished, and for runs that are still at work when looked at."""


def ingest(file: Path, folder: Path) -> None:
    cli.run("ingest", "gsm8k", "--path", file, cwd=folder)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of problems."""
    return cli.copies(tmp_path_factory.mktemp("few") / "few.jsonl", FEW)


@pytest.fixture(scope="module")
def whole(few: Path) -> dict[str, list[str]]:
    """What an uninterrupted ingest and generate of that file leave in the store."""
    ingest(few, few.parent)
    cli.run("generate", cwd=few.parent)
    return cli.contents(few.parent / "workspace")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose workspace holds many problems, from which nothing was derived."""
    folder = tmp_path_factory.mktemp("many")
    ingest(cli.copies(folder / "many.jsonl", MANY), folder)
    return folder


@pytest.fixture
def at_work(ingested: Path, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A generate over many problems in the test's folder, which has written its first batch."""
    shutil.copytree(ingested / "workspace", tmp_path / "workspace")
    process = cli.start("generate", "--concurrency", "1", cwd=tmp_path)
    deadline = time.monotonic() + 60
    while derived(tmp_path / "workspace") == 0:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()


def derived(workspace: Path) -> int:
    ((count,),) = cli.query(workspace, "SELECT count(*) FROM derivations")
    return int(count)


def is_gone(group: int) -> bool:
    """Whether no process of the group lives on, some moments granted."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_random_moments_and_run_again_the_store_is_as_if_never_killed(
    seed: int, few: Path, whole: dict[str, list[str]], tmp_path: Path
) -> None:
    moments = random.Random(seed)
    for command, longest_s in ((("ingest", "gsm8k", "--path", few), 1.0), (("generate",), 3.0)):
        for _ in range(2):
            process = cli.start(*command, cwd=tmp_path)
            try:
                process.wait(moments.uniform(0.2, longest_s))
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
            assert is_gone(process.pid), "workers outlived the run"
        cli.run(*command, cwd=tmp_path)
    assert cli.contents(tmp_path / "workspace") == whole
    assert set(cli.query(tmp_path / "workspace", "SELECT status FROM runs")) == {("done",)}


def test_a_kill_while_batches_are_written_loses_no_batch_that_was(
    at_work: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    at_work.kill()
    at_work.communicate()
    before = derived(tmp_path / "workspace")
    status = json.loads(cli.run("status", "--json", cwd=tmp_path)[0])
    assert status["going_on"] == []
    assert status["next_steps"][0]["command"] == "backmath generate --concurrency 1"
    cli.run("generate", "--limit", before + 40, cwd=tmp_path)
    assert derived(tmp_path / "workspace") == before + 40


def test_ctrl_c_finishes_what_is_in_flight_and_names_the_command_that_goes_on(
    at_work: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    os.killpg(at_work.pid, signal.SIGINT)  # as a terminal does: to the workers too
    output, errors = at_work.communicate(timeout=30)
    assert at_work.returncode == 1, errors
    assert errors == "backmath: stopped; what was finished is written. Next: backmath generate --concurrency 1\n"
    assert "accepted" in output
    done = derived(tmp_path / "workspace")
    assert 0 < done < 120 * MANY
    assert cli.query(tmp_path / "workspace", "SELECT count(*) FROM derivations WHERE candidate_ids = []") == [(0,)]
    status = json.loads(cli.run("status", "--json", cwd=tmp_path)[0])
    assert [run["status"] for run in status["runs"]] == ["done", "interrupted"]
    assert status["next_steps"][0]["command"] == "backmath generate --concurrency 1"
    cli.run("generate", "--limit", done + 40, cwd=tmp_path)
    assert derived(tmp_path / "workspace") == done + 40
    assert cli.query(tmp_path / "workspace", "SELECT status FROM runs") == [("done",)] * 2


def test_a_second_ctrl_c_stops_at_once_and_leaves_no_process(at_work: "subprocess.Popen[str]", tmp_path: Path) -> None:
    os.kill(at_work.pid, signal.SIGTERM)
    os.kill(at_work.pid, signal.SIGINT)
    _, errors = at_work.communicate(timeout=5)
    assert at_work.returncode == 1
    assert errors.strip().startswith("backmath: stopped at once")
    assert errors.strip().count("\n") == 0
    assert is_gone(at_work.pid)
    assert derived(tmp_path / "workspace") > 0


def test_the_store_answers_others_while_a_run_works(at_work: "subprocess.Popen[str]", tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    for _ in range(200):  # a plain connection does not wait for a write that goes on, so it tries again
        try:
            with duckdb.connect(workspace / "backmath.duckdb", read_only=True) as connection:
                ((candidates,),) = connection.execute("SELECT count(*) FROM candidate_overview").fetchall()
            break
        except duckdb.IOException:
            time.sleep(0.05)
    assert candidates > 0
    _, refused = cli.run("generate", cwd=tmp_path, code=1)
    assert refused.count("\n") == 1
    assert f"is running in workspace already (PID {at_work.pid})" in refused
    status = json.loads(cli.run("status", "--json", cwd=tmp_path)[0])
    assert status["runs"][-1]["run_id"] in status["going_on"]
    assert json.loads(cli.run("candidates", "list", "--json", cwd=tmp_path)[0])
    assert at_work.poll() is None, "it was done before it could be asked beside"
    assert 0 < sum(row["problems"] for row in status["funnel"]) < 120 * MANY


LIMITED = """
import resource, sys
from backmath.app import main
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(main(sys.argv[2:]))
"""


def run_with_room_for(size: int, *arguments: object, cwd: Path) -> str:
    """The one line that a command ends with where no file may grow larger than `size` bytes."""
    command = [*cli.python(LIMITED), str(size), *map(str, arguments)]
    failed = subprocess.run(
        command, cwd=cwd, env=cli.environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1, failed.stderr
    return failed.stderr


def test_a_full_disk_while_ingesting_is_one_line_and_the_next_run_finishes(ingested: Path, tmp_path: Path) -> None:
    command = ("ingest", "gsm8k", "--path", ingested / "many.jsonl")
    line = run_with_room_for(1_000_000, *command, cwd=tmp_path)
    assert "no room to write" in line
    assert "run the same command again" in line
    cli.run(*command, cwd=tmp_path)
    assert cli.contents(tmp_path / "workspace") == cli.contents(ingested / "workspace")


def test_a_full_disk_while_generating_is_one_line_and_the_next_run_finishes(
    few: Path, whole: dict[str, list[str]], tmp_path: Path
) -> None:
    ingest(few, tmp_path)
    size = (tmp_path / "workspace" / "backmath.duckdb").stat().st_size
    assert "no room to write" in run_with_room_for(size + 200_000, "generate", cwd=tmp_path)
    cli.run("generate", cwd=tmp_path)
    assert cli.contents(tmp_path / "workspace") == whole
