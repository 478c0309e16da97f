"""Worker processes derive what one process does, and a problem that goes wrong costs only itself."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from generation.executors import local, pool
from generation.executors.local import LocalExecutor
from schemas.derivation import Derivation
from schemas.problem import Problem
from tests.generation.executors.faults import DEADLY, ENDLESS, HALF_SAID, FaultyExecutor
from tests.generation.made import copies, derived_sample, problem, sample, timeless


async def collect(problems: Sequence[Problem], executor: type[LocalExecutor] = LocalExecutor) -> list[Derivation]:
    """All that the executor gives."""
    async with executor(2) as ready:
        return [derivation async for derivation in ready.derive(problems)]


def faulty(mark: str) -> Problem:
    """A problem that does in its worker what the mark says."""
    return problem(f"This problem {mark}. Uma has 3 kites and 4 bows. How many things?", "3+4=<<3+4=7>>7", answer="7")


def workers_of(pid: int) -> set[int]:
    """The processes that the children of a process have started, the fork server's workers among them."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    return {child for child, parent in parents.items() if parents.get(parent) == pid}


def test_workers_derive_what_one_process_does_each_once() -> None:
    found = asyncio.run(collect(sample()))
    expected = {derivation.problem_id: timeless(derivation) for derivation in derived_sample()}
    assert len(found) == len(expected)
    assert {derivation.problem_id: timeless(derivation) for derivation in found} == expected


def test_no_problems_give_no_derivations() -> None:
    assert asyncio.run(collect([])) == []


def test_problems_are_read_as_they_are_needed() -> None:
    """A source is not read to its end before the first derivation comes."""
    taken = 0

    def source():
        nonlocal taken
        for each in copies(60):
            taken += 1
            yield each

    async def first() -> int:
        async with LocalExecutor(1) as executor:
            derivations = executor.derive(source())
            await anext(derivations)
            await derivations.aclose()
            return taken

    assert asyncio.run(first()) <= (local.CHUNKS_AHEAD + 1) * pool.CHUNK < len(copies(60))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to find a worker's process id")
def test_a_worker_that_is_killed_loses_no_problem() -> None:
    problems = copies(8)
    before = workers_of(os.getpid())

    async def with_a_kill() -> tuple[list[Derivation], int]:
        found, killed = [], 0
        async with LocalExecutor(2) as executor:
            async for derivation in executor.derive(problems):
                found.append(derivation)
                if len(found) == 1:
                    for pid in sorted(workers_of(os.getpid()) - before)[:1]:
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
        return found, killed

    found, killed = asyncio.run(with_a_kill())
    assert killed == 1
    assert sorted(each.problem_id for each in found) == sorted(each.id for each in problems)
    by_id = {each.problem_id: each for each in found}
    for of, whole in zip(problems, derived_sample() * 8, strict=True):
        each = by_id[of.id]
        assert (each.formula, each.outcome, each.reason) == (whole.formula, whole.outcome, whole.reason)
        assert [c.relation for c in each.candidates] == [c.relation for c in whole.candidates]


@pytest.mark.parametrize(
    ("mark", "reason"),
    [(DEADLY, "ended with code -9"), (HALF_SAID, "the worker was lost"), (ENDLESS, "took more than")],
    ids=["dies", "dies-while-it-answers", "hangs"],
)
def test_a_problem_that_takes_its_worker_down_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch, mark: str, reason: str
) -> None:
    monkeypatch.setattr(pool, "CHUNK_LIMIT_S", 3.0)
    monkeypatch.setattr(pool, "ROW_LIMIT_S", 2.0)
    bad, sound = faulty(mark), list(sample())
    found = asyncio.run(collect([*sound[:5], bad, *sound[5:]], FaultyExecutor))
    by_id = {derivation.problem_id: derivation for derivation in found}
    assert len(found) == len(by_id) == len(sound) + 1
    lost = by_id.pop(bad.id)
    assert (lost.outcome, lost.formula, lost.candidates) == ("undecided", None, ())
    assert reason in lost.reason
    assert {key: timeless(each) for key, each in by_id.items()} == {
        each.problem_id: timeless(each) for each in derived_sample()
    }


def test_a_problem_that_cannot_travel_costs_only_itself() -> None:
    """Half of a surrogate pair has no UTF-8: the problem has an id and a reason, the others their derivations."""
    bad = problem("Uma has 3 kites \ud800 and 4 bows. How many things?", "3+4=<<3+4=7>>7", answer="7")
    found = asyncio.run(collect([bad, *sample()[:10]]))
    by_id = {derivation.problem_id: derivation for derivation in found}
    assert by_id.pop(bad.id).outcome == "undecided"
    assert {key: timeless(each) for key, each in by_id.items()} == {
        each.problem_id: timeless(each) for each in derived_sample()[:10]
    }


def test_an_error_beside_it_ends_the_workers() -> None:
    before = workers_of(os.getpid())

    async def failing() -> None:
        async with LocalExecutor(2) as executor:
            async for _ in executor.derive(copies(8)):
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(failing())
    assert workers_of(os.getpid()) - before == set()


SCRIPT = """
import asyncio
from generation.executors.local import LocalExecutor
from tests.generation.made import sample

async def derive():
    async with LocalExecutor(2) as executor:
        return [each.formula is not None async for each in executor.derive(sample()[:5])]

print(asyncio.run(derive()))
"""


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout == f"{[True] * 5}\n", done.stderr
    assert not done.stderr
