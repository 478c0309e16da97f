"""The lock of a run: one run of a kind in a workspace, free again however its process ends."""

import os
import sys
import threading
from pathlib import Path

import pytest

from curation.errors import AlreadyRunningError
from curation.store import Store
from tests.curation import made

RUNNER = """
import os, sys, time
from pathlib import Path
from curation.store import Store
with Store(Path(sys.argv[1])).running("generate"):
    if sys.argv[2] == "with a worker" and os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    print("running", flush=True)
    sys.stdin.readline()
"""


def test_a_second_run_of_a_kind_gets_one_line_with_the_process_id(tmp_path: Path) -> None:
    store = Store(tmp_path)
    program = made.start(RUNNER, tmp_path, "alone")
    assert program.stdout
    assert program.stdout.readline() == "running\n"
    assert store.runner("generate") == program.pid
    with pytest.raises(AlreadyRunningError, match=rf"PID {program.pid}\b") as caught, store.running("generate"):
        pass
    assert "\n" not in str(caught.value)
    with store.running("ingest"):
        assert store.runner("ingest") == os.getpid()
    program.communicate("\n")
    assert store.runner("generate") is None
    with store.running("generate"):
        pass


def test_a_second_run_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    store = Store(tmp_path)
    refused = []

    def run() -> None:
        try:
            with store.running("generate"):
                pass
        except AlreadyRunningError as error:
            refused.append(error)

    with store.running("generate"):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert len(refused) == 1
    run()
    assert len(refused) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")
def test_a_killed_run_is_not_running_though_its_workers_live_on(tmp_path: Path) -> None:
    program = made.start(RUNNER, tmp_path, "with a worker")
    assert program.stdout
    assert program.stdout.readline() == "running\n"
    worker = int(Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text())
    program.kill()
    program.wait()
    try:
        os.kill(worker, 0)
        with Store(tmp_path).running("generate"):
            pass
    finally:
        os.kill(worker, 9)


def test_asking_who_runs_does_not_let_go_of_the_lock(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.running("generate"):
        assert store.runner("generate") == os.getpid()
        program = made.start(RUNNER, tmp_path, "alone")
        assert "AlreadyRunningError" in program.communicate("\n")[1]
