"""The ledger of calls: whatever moment the process is killed at, each call is in the store once, as far as it came."""

import asyncio
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from curation import calls
from curation.calls import CallLedger
from curation.errors import AlreadyRunningError, StoreBusyError
from curation.journal import journals
from curation.store import Store
from schemas.call import Call
from tests.curation import made
from tests.curation.test_store import held_elsewhere

WRITER = """
import asyncio, os, random, sys
from pathlib import Path
from curation import calls
from curation.store import Store
from tests.curation import made

calls.WRITE_EVERY_S = 0.01
told = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
number = int(sys.argv[3])

async def main():
    global number
    store = Store(Path(sys.argv[1]))
    async with calls.CallLedger(store, made.begin(store)) as ledger:
        in_flight = []
        while True:
            ledger.sent(made.call(number, "lost"))
            os.write(told, b"sent %d\\n" % number)
            in_flight.append(number)
            number += 1
            while len(in_flight) > 20 or (in_flight and random.random() < 0.5):
                ended = in_flight.pop(random.randrange(len(in_flight)))
                ledger.record(made.call(ended))
                os.write(told, b"recorded %d\\n" % ended)
            if number % 10 == 0:
                await asyncio.sleep(0.001)

asyncio.run(main())
"""
"""Sends and records calls for ever, and tells what is done in a file of its own."""

LINES = 650
"""A little less than how many lines of its own the ledger executes in the work below."""

KILLED_AT_A_LINE = """
import asyncio, os, signal, sys, threading
from pathlib import Path
from curation import calls, journal
from curation.store import Store
from tests.curation import made

def killed_at(line, work, folder):
    # Do the work in a process that is killed at this line of the ledger's own code, in whatever thread.
    if os.fork():
        os.wait()
        return
    left = line
    def trace(frame, event, argument):
        nonlocal left
        if frame.f_code.co_filename not in (calls.__file__, journal.__file__):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    threading.settrace(trace)
    sys.settrace(trace)
    asyncio.run(work(folder))
    os._exit(0)

async def work(folder):
    told = os.open(folder / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store = Store(folder)
    async with calls.CallLedger(store, made.begin(store)) as ledger:
        def sent(number):
            ledger.sent(made.call(number, "lost"))
            os.write(told, b"sent %d\\n" % number)
        def recorded(number):
            ledger.record(made.call(number))
            os.write(told, b"recorded %d\\n" % number)
        for number in range(4):
            sent(number)
        recorded(1)
        recorded(0)
        await ledger.flush()
        sent(4)
        recorded(2)
        recorded(4)
        await ledger.flush()
        recorded(3)
        sent(5)
    (folder / "ended").touch()

async def recover(folder):
    store = Store(folder)
    async with calls.CallLedger(store, made.begin(store)):
        pass

for line in sys.stdin:
    name, first, second = line.split()
    folder = Path(sys.argv[1]) / name
    killed_at(int(first), work, folder)
    killed_at(int(second), recover, folder)
    print(name, flush=True)
"""


class CountingStore(Store):
    """A store that counts how often it is opened."""

    opened = 0

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
        self.opened += 1
        with super().connect(read_only=read_only) as connection:
            yield connection


def store_in(folder: Path) -> CountingStore:
    made.ingested(folder)
    return CountingStore(folder)


def keep(ledger: CallLedger, *kept: Call) -> None:
    """Send and record the calls."""
    for call in kept:
        ledger.sent(call.model_copy(update={"outcome": "lost", "text": None, "usd": 2.0}))
        ledger.record(call)


def rows(store: Store) -> list[tuple[int, str, str | None]]:
    """Number, outcome and text of every call in the store."""
    found = made.query(store, "SELECT call_id, outcome, text FROM llm_calls ORDER BY call_id")
    return [(int(call_id, 16), outcome, text) for call_id, outcome, text in found]


def assert_nothing_lost_or_doubled(store: Store, told: Path) -> None:
    """What the ledger was told is in the store once: recorded calls as such, the others lost or as they ended."""
    lines = [line.split() for line in told.read_text().splitlines()]
    sent = {int(number) for what, number in lines if what == "sent"}
    recorded = {int(number) for what, number in lines if what == "recorded"}
    stored = rows(store)
    assert len({number for number, _, _ in stored}) == len(stored)
    outcomes = {number: outcome for number, outcome, _ in stored}
    assert sent <= outcomes.keys()
    assert {number for number in recorded if outcomes[number] != "answered"} == set()
    assert all(text == (str(number) if outcome == "answered" else None) for number, outcome, text in stored)
    assert journals(store.folder) == []


def test_calls_come_back_as_they_went_in(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    kept = [made.call(1), made.call(2, "rate_limited"), made.call(3, "truncated", text="\x00 {} \n é")]

    async def use() -> Sequence[Call]:
        async with CallLedger(store, made.begin(store)) as ledger:
            keep(ledger, *kept)
        async with CallLedger(store, made.begin(store)) as ledger:
            return [call for each in kept for call in await ledger.replies(each.key)]

    assert asyncio.run(use()) == [kept[0], kept[2]]
    assert rows(store) == [(1, "answered", "1"), (2, "rate_limited", None), (3, "truncated", "\x00 {} \n é")]
    assert os.listdir(tmp_path).count("calls-1.jsonl") == 0


def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    store = store_in(tmp_path / "workspace")
    told = tmp_path / "told"
    for part in range(4):
        program = made.start(WRITER, store.folder, told, part * 1_000_000)
        begun = time.monotonic()
        while not (told.exists() and f" {part * 1_000_000}\n" in told.read_text()):
            assert program.poll() is None, program.communicate()[1]
            assert time.monotonic() - begun < 30
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.4))
        program.send_signal(signal.SIGKILL)
        program.communicate()

    async def enter() -> float:
        async with CallLedger(store, made.begin(store)) as ledger:
            return ledger.spent

    spent = asyncio.run(enter())
    assert_nothing_lost_or_doubled(store, told)
    stored = rows(store)
    assert spent == sum(0.5 if outcome == "answered" else 2.0 for _, outcome, _ in stored)
    assert len(stored) > 100
    assert made.query(store, "SELECT count(DISTINCT run_id) FROM llm_calls") == [(1,)]


def test_killed_at_any_line_and_killed_again_while_recovering_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    lines = [*random.sample(range(1, LINES), 8), 2 * LINES]
    blank = made.ingested(tmp_path / "blank")
    for line in lines:
        (tmp_path / str(line)).mkdir()
        shutil.copy(blank.path, tmp_path / str(line))
    program = made.start(KILLED_AT_A_LINE, tmp_path)
    _, error = program.communicate("".join(f"{line} {line} {random.randint(1, 150)}\n" for line in lines))
    assert program.returncode == 0, error
    assert [line for line in lines if (tmp_path / str(line) / "ended").exists()] == [2 * LINES]
    for line in lines:
        folder = tmp_path / str(line)
        store = Store(folder)
        calls.recover(store)
        if (folder / "told").exists():
            assert_nothing_lost_or_doubled(store, folder / "told")
        else:
            assert rows(store) == []


def test_a_journal_whose_calls_are_in_the_store_already_adds_nothing(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    async def use() -> None:
        async with CallLedger(store, made.begin(store)) as ledger:
            ledger.sent(made.call(9, "lost"))
            keep(ledger, made.call(1))
            left = journals(tmp_path)[0].read_bytes()
            await ledger.flush()
            ledger.record(made.call(9))
        (tmp_path / "calls-1.jsonl").write_bytes(left)

    asyncio.run(use())
    calls.recover(store)
    assert rows(store) == [(1, "answered", "1"), (9, "answered", "9")]
    assert journals(tmp_path) == []


def test_a_damaged_journal_is_set_aside_and_gives_what_can_be_read(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    lines = [made.call(1).model_dump_json(), "\x00\x00", made.call(2).model_dump_json()]
    (tmp_path / "calls-1.jsonl").write_text("\n".join(["r1", *lines, ""]))
    calls.recover(store)
    assert rows(store) == [(1, "answered", "1"), (2, "answered", "2")]
    assert (tmp_path / "calls-1.damaged").exists()
    assert journals(tmp_path) == []


def test_calls_of_a_killed_run_stay_its_own(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    (tmp_path / "calls-1.jsonl").write_text(f"killed\n{made.call(1, 'lost').model_dump_json()}\n")

    async def use() -> float:
        async with CallLedger(store, made.begin(store)) as ledger:
            keep(ledger, made.call(2))
            return ledger.spent

    assert asyncio.run(use()) == 0.5
    assert made.query(store, "SELECT run_id = 'killed', outcome, usd FROM llm_calls ORDER BY call_id") == [
        (True, "lost", 2.0),
        (False, "answered", 0.5),
    ]


def test_what_is_in_flight_at_the_end_is_lost_at_its_highest_cost(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    async def use() -> float:
        async with CallLedger(store, made.begin(store)) as ledger:
            keep(ledger, made.call(1))
            ledger.sent(made.call(2, "lost"))
            return ledger.spent

    assert asyncio.run(use()) == 2.5
    assert rows(store) == [(1, "answered", "1"), (2, "lost", None)]


def test_spent_goes_on_from_the_earlier_parts_of_the_run_alone(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    async def part(number: int, fingerprint: str) -> float:
        async with CallLedger(store, made.begin(store, fingerprint=fingerprint)) as ledger:
            keep(ledger, made.call(number))
            return ledger.spent

    assert [asyncio.run(part(*each)) for each in ((1, "f1"), (2, "f1"), (3, "f2"), (4, "f1"))] == [0.5, 1.0, 0.5, 1.5]


def test_replies_are_found_wherever_they_are_the_oldest_first(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    numbered = {number: made.call(number, key="k") for number in (1, 2, 3)}
    other = made.call(4, "server_error", key="k")
    empty = made.call(5, "empty", key="e").model_copy(update={"text": ""})

    async def use() -> None:
        async with CallLedger(store, made.begin(store)) as ledger:
            assert await ledger.replies("k") == []
            keep(ledger, numbered[2], other, empty)
            assert await ledger.replies("k") == [numbered[2]]
            await ledger.flush()
            assert await ledger.replies("k") == [numbered[2]]
            keep(ledger, numbered[3], numbered[1])
            assert await ledger.replies("k") == [numbered[1], numbered[2], numbered[3]]
            writing = asyncio.create_task(ledger.flush())
            while not writing.done():
                assert await ledger.replies("k") == [numbered[1], numbered[2], numbered[3]]
            await writing
        async with CallLedger(store, made.begin(store)) as ledger:
            assert await ledger.replies("k") == [numbered[1], numbered[2], numbered[3]]
            assert await ledger.replies("e") == [empty]
            assert await ledger.replies("unknown") == []

    asyncio.run(use())


def test_the_store_is_opened_once_for_many_questions_and_never_for_unknown_ones(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    kept = [made.call(number) for number in range(500)]

    async def use() -> None:
        async with CallLedger(store, made.begin(store)) as ledger:
            keep(ledger, *kept)
        async with CallLedger(store, made.begin(store)) as ledger:
            before = store.opened
            for number in range(1_000):
                assert await ledger.replies(f"unknown {number}") == []
            keep(ledger, made.call(1_000, key="new"))
            assert len(await ledger.replies("new")) == 1
            assert store.opened == before
            found = await asyncio.gather(*(ledger.replies(call.key) for call in kept))
            assert found == [[call] for call in kept]
            assert store.opened <= before + 2

    asyncio.run(use())


def test_a_question_that_is_given_up_does_not_take_others_with_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    async def use() -> Sequence[Call]:
        async with CallLedger(store, made.begin(store)) as ledger:
            keep(ledger, made.call(1))
            await ledger.flush()
            first, second = (asyncio.create_task(ledger.replies(made.call(1).key)) for _ in range(2))
            await asyncio.sleep(0)
            first.cancel()
            return await second

    assert asyncio.run(use()) == [made.call(1)]


def test_calls_come_into_the_store_while_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "WRITE_EVERY_S", 0.05)
    store = store_in(tmp_path)

    async def use() -> None:
        async with CallLedger(store, made.begin(store)) as ledger:
            for number in range(3):
                keep(ledger, made.call(number))
                deadline = time.monotonic() + 10
                while len(rows(store)) <= number:
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.02)

    asyncio.run(use())


def test_where_the_store_stays_busy_no_more_is_sent_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "WRITE_EVERY_S", 0.05)
    made.ingested(tmp_path)
    store = Store(tmp_path, patience_s=0.1)

    async def use() -> None:
        async with CallLedger(store, made.begin(store)) as ledger:
            keep(ledger, made.call(0))
            ledger.sent(made.call(1, "lost"))
            with held_elsewhere(store):
                for number in range(2, 500):
                    try:
                        keep(ledger, made.call(number))
                    except StoreBusyError:
                        break
                    await asyncio.sleep(0.01)
                else:
                    pytest.fail("calls were sent for ever")
            ledger.record(made.call(1))

    asyncio.run(use())
    kept = rows(store)
    assert [number for number, _, _ in kept] == list(range(len(kept)))
    assert {outcome for _, outcome, _ in kept} == {"answered"}
    assert journals(tmp_path) == []


def test_two_ledgers_are_not_open_at_once(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    async def use() -> None:
        run = made.begin(store)
        async with CallLedger(store, run) as ledger:
            keep(ledger, made.call(1))
            with pytest.raises(AlreadyRunningError, match="another run"):
                await CallLedger(store, run).__aenter__()
            keep(ledger, made.call(2))
        async with CallLedger(store, run):
            pass

    asyncio.run(use())
    assert len(rows(store)) == 2


def test_writing_leaves_the_event_loop_free(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    async def longest_wait() -> float:
        async with CallLedger(store, made.begin(store)) as ledger:
            keep(ledger, *(made.call(number) for number in range(3_000)))
            writing = asyncio.create_task(ledger.flush())
            longest = 0.0
            while not writing.done():
                begun = time.perf_counter()
                await asyncio.sleep(0.001)
                longest = max(longest, time.perf_counter() - begun)
            await writing
            return longest

    assert min(asyncio.run(longest_wait()) for _ in range(3)) < 0.1


def test_a_call_costs_the_ledger_microseconds(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    text = '{"inputs": [{"name": "clips", "value": "48", "quote": "48 of her friends"}], "steps": []}' * 5

    async def cheapest() -> float:
        rounds = []
        async with CallLedger(store, made.begin(store)) as ledger:
            for part in range(8):
                ended = [made.call(part * 1_000 + number, text=text) for number in range(500)]
                begun = [call.model_copy(update={"outcome": "lost", "text": None}) for call in ended]
                start = time.perf_counter()
                for one, other in zip(begun, ended, strict=True):
                    ledger.sent(one)
                    ledger.record(other)
                rounds.append((time.perf_counter() - start) / len(ended))
        return min(rounds)

    assert asyncio.run(cheapest()) < 40e-6
