"""Calls of language models: the ledger that a client keeps them in, which no kill takes a line from."""

import asyncio
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import floats, insert, integers, stored, strings
from curation.errors import AlreadyRunningError
from curation.journal import Journal, journals, read
from curation.locks import locked
from curation.rows import rows
from curation.runs import Run
from curation.store import Store
from schemas.call import Call

WRITE_EVERY_S = 4.0
"""Seconds between writes to the store; until then a call stands in the journal."""
GATHER_S = 0.02
"""Seconds in which questions for earlier replies are gathered, so that one query answers all of them."""


class CallLedger:
    """The calls of a run: the `Ledger` of a client, to be used as an async context manager on one event loop.

    A call is in the workspace's journal, a private file, when `sent` or `record` returns, and in the table `llm_calls`
    a few seconds later: once, and never lost, whenever the process is killed. What a killed run left in its journal is
    taken into the store on entering; a call that was sent and not recorded is then `lost`, at the most it can cost.
    Entering raises AlreadyRunningError where the workspace has another open ledger.
    """

    def __init__(self, store: Store, run: Run) -> None:
        self._store = store
        self._run = run
        self._spent = 0.0
        self._in_flight: dict[str, Call] = {}
        self._unwritten: dict[str, dict[str, Call]] = {}  # by key and call_id
        self._asked: set[str] = set()
        self._closing = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._turn = threading.Lock()
        self._held = ExitStack()

    async def __aenter__(self) -> "CallLedger":
        try:
            await asyncio.to_thread(self._open)
        except BaseException:
            self._held.close()
            raise
        self._writer = asyncio.create_task(self._keep_writing())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        try:
            await asyncio.gather(self._writer, return_exceptions=True)  # what it could not write is tried again below
            for call in self._in_flight.values():
                self._keep(call)
            self._in_flight.clear()
            await self.flush()
            self._journal.remove()
        finally:
            self._held.close()

    @property
    def spent(self) -> float:
        """US dollars that the run has cost, its earlier parts included; lost calls count at the most they can cost."""
        return self._spent

    def sent(self, call: Call) -> None:
        """A call that goes out now, as it stands if nothing more is heard of it: `lost`, at the most it can cost.

        Raises what went wrong where earlier calls could not be written to the store: then none should go out.
        """
        if self._writer.done():
            self._writer.result()
        self._append(call)
        self._in_flight[call.call_id] = call
        self._spent += call.usd or 0.0

    def record(self, call: Call) -> None:
        """What came of a call that was sent, with the same `call_id`."""
        before = self._in_flight.pop(call.call_id, None)
        self._spent += (call.usd or 0.0) - ((before and before.usd) or 0.0)
        self._keep(call)
        self._append(call)

    async def replies(self, key: str) -> Sequence[Call]:
        """The earlier calls of a request that brought text, were it empty, the oldest first."""
        found = {call.call_id: call for call in self._unwritten.get(key, {}).values() if call.text is not None}
        if key in self._stored_keys:
            if not self._asked:
                self._answers = asyncio.create_task(self._answer())
            self._asked.add(key)
            found |= {call.call_id: call for call in (await asyncio.shield(self._answers)).get(key, ())}
        return sorted(found.values(), key=lambda call: call.called_at)

    async def flush(self) -> None:
        """Write to the store what was recorded until now; it is in the store when this returns."""
        async with self._flushing:
            batch = [call for of_key in self._unwritten.values() for call in of_key.values()]
            if not batch:
                return
            with self._store.explaining():
                before = self._journal.turn(self._in_flight.values())
            # The journals from before go once the store has the batch; should they not, the store skips what it has.
            for call in batch:
                if call.text is not None:
                    self._stored_keys.add(call.key)
            await asyncio.to_thread(self._write, batch, before)
            for call in batch:
                self._unwritten[call.key].pop(call.call_id, None)
                if not self._unwritten[call.key]:
                    del self._unwritten[call.key]

    async def _keep_writing(self) -> None:
        while not self._closing.is_set():
            try:
                await asyncio.wait_for(self._closing.wait(), WRITE_EVERY_S)
            except TimeoutError:
                await self.flush()

    def _keep(self, call: Call) -> None:
        self._unwritten.setdefault(call.key, {})[call.call_id] = call

    def _append(self, call: Call) -> None:
        with self._store.explaining():
            self._journal.append(call)

    def _open(self) -> None:
        with self._store.explaining():
            if not self._held.enter_context(locked(self._store.folder / ".calls.lock")):
                raise AlreadyRunningError(
                    f"another run asks a model in {self._store.folder}; nothing was changed: wait for it, or stop it"
                )
            recover(self._store)
            with self._store.connect(read_only=True) as connection:
                self._stored_keys = _Keys(connection)
                self._spent = _spent(connection, self._run.run_id)
            self._journal = Journal(self._store.folder, self._run.run_id)
        self._held.callback(self._journal.close)

    def _write(self, batch: Sequence[Call], before: Iterable[Path]) -> None:
        with self._turn, self._store.explaining():
            with self._store.connect() as connection:
                add(connection, self._run.run_id, batch)
            for path in before:
                path.unlink(missing_ok=True)

    async def _answer(self) -> dict[str, list[Call]]:
        """The replies in the store to all the keys that are asked for within a moment."""
        await asyncio.sleep(GATHER_S)
        asked, self._asked = self._asked, set()
        return await asyncio.to_thread(self._read, asked)

    def _read(self, keys: set[str]) -> dict[str, list[Call]]:
        with self._store.connect(read_only=True) as connection:
            connection.register("wanted", pa.table({"key": strings(keys)}))
            found = rows(connection, _REPLIES)
        replies: dict[str, list[Call]] = {}
        for row in found:
            replies.setdefault(row["key"], []).append(Call.model_validate(row))
        return replies


_REPLIES = """
    SELECT * EXCLUDE (run_id) REPLACE (epoch(called_at) AS called_at) FROM llm_calls
    WHERE rowid IN (SELECT llm_calls.rowid FROM llm_calls SEMI JOIN wanted USING (key)) AND "text" IS NOT NULL
    ORDER BY rowid
"""
"""The join on keys alone, and texts only of the rows found: with a million calls in the store a tenth of the time."""


class _Keys:
    """The keys of requests whose replies are in the store, as hashes: 8 bytes for each that was there from the start.

    Two keys may have one hash: then the store is asked in vain.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        cursor = connection.execute('SELECT DISTINCT key FROM llm_calls WHERE "text" IS NOT NULL')
        hashes = array("q")
        while page := cursor.fetchmany(100_000):
            hashes.extend(hash(key) for (key,) in page)
        self._from_start = array("q", sorted(hashes))
        self._since = set[int]()

    def add(self, key: str) -> None:
        """Add a key."""
        self._since.add(hash(key))

    def __contains__(self, key: str) -> bool:
        wanted = hash(key)
        place = bisect_left(self._from_start, wanted)
        return wanted in self._since or (place < len(self._from_start) and self._from_start[place] == wanted)


def add(connection: DuckDBPyConnection, run_id: str, calls: Iterable[Call]) -> None:
    """Add those of the calls of a run that the store does not have yet."""
    new = {call.call_id: call for call in calls}
    for call_id in stored(connection, "llm_calls", "call_id", new):
        del new[call_id]
    if not new:
        return
    written = list(new.values())
    texts = ("call_id", "key", "purpose", "prompt", "model", "base_url", "question", "outcome", "text", "error")
    columns = {name: strings(getattr(call, name) for call in written) for name in texts}
    for name in ("sample", "max_tokens", "input_tokens", "output_tokens"):
        columns[name] = integers(getattr(call, name) for call in written)
    for name in ("usd", "elapsed_ms"):
        columns[name] = floats(getattr(call, name) for call in written)
    moments = [datetime.fromtimestamp(call.called_at, UTC).replace(tzinfo=None) for call in written]
    columns["called_at"] = pa.array(moments, pa.timestamp("us"))
    columns["run_id"] = pa.repeat(run_id, len(written))
    insert(connection, "llm_calls", columns)


def recover(store: Store) -> None:
    """Take into the store what a kill left in journals, and remove them; one that is damaged is set aside.

    Of the lines of one call the one that says what came of it counts, in whatever file it stands.
    """
    left = journals(store.folder)
    damaged = set()
    of_runs: dict[str, dict[str, Call]] = {}
    for path in left:
        run_id, calls, whole = read(path)
        known = of_runs.setdefault(run_id, {})
        for call in calls:
            if call.outcome != "lost" or call.call_id not in known:
                known[call.call_id] = call
        if not whole:
            damaged.add(path)
    if left:
        with store.connect() as connection:
            for run_id, known in of_runs.items():
                add(connection, run_id, known.values())
    for path in left:
        if path in damaged:
            path.rename(path.with_suffix(".damaged"))
        else:
            path.unlink()


def _spent(connection: DuckDBPyConnection, run_id: str) -> float:
    query = "SELECT coalesce(sum(usd), 0) FROM llm_calls WHERE run_id = ?"
    return float(connection.execute(query, [run_id]).fetchall()[0][0])
