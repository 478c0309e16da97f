"""The worker: a call returns or is stopped for a reason that is told, and the next call works."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from generation import worker
from generation.worker import MEMORY, Returned, Stopped, Worker, run


def works() -> bool:
    return run("math:factorial", 5) == Returned(120)


@pytest.mark.parametrize(
    ("function", "argument", "cause"),
    [
        ("time:sleep", 60, "timeout"),
        ("math:factorial", 10**8, "timeout"),  # one call into C, which no signal handler of Python's could end
        ("builtins:bytes", 1 << 40, "memory"),
        ("os:_exit", 3, "crash"),
        ("builtins:int", "no number", "error"),
        ("builtins:complex", 1, "error"),  # no JSON
        ("builtins:no_such_function", 1, "error"),
    ],
)
def test_a_stopped_call_tells_its_cause_within_its_limit_and_the_next_call_works(function, argument, cause):
    assert works()
    start = time.monotonic()
    result = run(function, argument, seconds=0.3)
    assert isinstance(result, Stopped)
    assert result.cause == cause
    assert result.reason
    assert time.monotonic() - start < 1
    assert works()


def test_memory_that_grows_bit_by_bit_is_bounded_too():
    result = run("builtins:list", list(range(1000)))
    assert isinstance(result, Returned)
    result = run("tests.generation.test_worker:hoard", seconds=20)
    assert isinstance(result, Stopped)
    assert result.cause == "memory"
    assert works()


def hoard() -> None:
    kept = []
    while True:
        kept.append(bytearray(1 << 24))


def test_a_worker_killed_from_outside_between_calls_is_replaced_unnoticed():
    for _ in range(5):
        pid = run("os:getpid").value
        os.kill(pid, signal.SIGKILL)
        assert works()
        assert run("os:getpid").value != pid


def test_a_worker_killed_from_outside_during_a_call_is_a_crash_and_is_replaced():
    pid = run("os:getpid").value
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    result = run("time:sleep", 60, seconds=5)
    assert isinstance(result, Stopped)
    assert result.cause == "crash"
    assert works()


def test_a_keeper_killed_from_outside_is_replaced():
    assert works()
    keeper = worker._shared._keeper
    os.killpg(keeper.pid, signal.SIGKILL)
    keeper.wait()
    assert works()


def test_a_stopped_keeper_that_reports_nothing_is_given_up():
    assert works()
    pid = run("os:getpid").value
    os.kill(pid, signal.SIGSTOP)
    result = run("math:factorial", 5, seconds=0.1)
    assert isinstance(result, Stopped)
    assert works()


def test_threads_share_the_worker_and_each_gets_its_own_answer():
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        for _ in range(20):
            answers[number] = run("builtins:abs", -number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: Returned(number) for number in range(8)}


def test_the_processes_of_a_pool_have_workers_of_their_own():
    """Forked and daemonic: these inherit the parent's keeper, and may have no children that multiprocessing starts."""
    assert works()
    own = run("os:getpid").value
    with multiprocessing.get_context("fork").Pool(2) as pool:
        found = pool.starmap(run, [("os:getpid",)] * 4)
    assert all(isinstance(result, Returned) and result.value != own for result in found)
    assert run("os:getpid").value == own


SCRIPT = """
import os
from generation.worker import run
print(run("os:getpid").value, run("os:getppid").value, flush=True)
{end}
"""


@pytest.mark.parametrize(
    "end", ["", "os.kill(os.getpid(), 9)", "run('math:factorial', 10**8, seconds=0.5)\nos._exit(1)"]
)
def test_a_script_needs_no_main_guard_and_leaves_no_process_behind_however_it_ends(end, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(end=end))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=60)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    deadline = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, pids))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_endless_call_ends_by_itself_when_its_caller_is_gone(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(end="run('math:factorial', 10**9, seconds=1)"))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    time.sleep(0.2)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(alive, pids))


def test_text_of_any_kind_goes_in_and_out_unchanged():
    for text in ("\x00", "\ud800", "\u202e", "𝟙", "x" * 1_000_000):
        assert run("builtins:str", text) == Returned(text)


def test_a_worker_has_a_worker_of_its_own_whose_memory_is_counted_anew():
    """As where a pool's worker compares two answers."""
    outer = Worker(("json",))
    try:
        assert outer.run("tests.generation.test_worker:nested") == Returned([120, "memory"])
    finally:
        outer.close()


def nested() -> list[object]:
    kept = bytearray(MEMORY * 3 // 4)
    stopped = run("builtins:bytes", MEMORY * 2)
    assert isinstance(stopped, Stopped)
    some = run("tests.generation.test_worker:size_of", MEMORY // 2)
    assert isinstance(some, Returned), some
    assert len(kept) + some.value > MEMORY
    return [run("math:factorial", 5).value, stopped.cause]


def size_of(size: int) -> int:
    return len(bytearray(size))


def test_a_hard_limit_on_memory_is_kept():
    done = subprocess.run(
        [sys.executable, "-c", HARD_LIMIT],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=60,
    )
    assert done.stdout == "Returned(value=120) memory\n", done.stderr


HARD_LIMIT = """
import resource
from generation.worker import MEMORY, Worker
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
worker = Worker(("json",))
print(worker.run("math:factorial", 5), worker.run("builtins:bytes", MEMORY).cause)
"""
