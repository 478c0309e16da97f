"""The store: one DuckDB file in a workspace folder, opened for one block of work at a time."""

import json
import os
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from curation.errors import (
    AlreadyRunningError,
    CurationError,
    StoreBusyError,
    StoreCorruptError,
    StoreFullError,
    StoreInputOutputError,
    StoreMissingError,
    StoreNewerError,
    StoreReadOnlyError,
)
from curation.locks import holder, locked
from curation.migrations.migrate import migrate, pending

FILE_NAME = "backmath.duckdb"

_FIRST_WAIT_S = 0.005
_LONGEST_WAIT_S = 0.25

_FULL = ("No space left on device", "File too large", "Disk quota exceeded")
_READ_ONLY = ("Permission denied", "Read-only file system", "Operation not permitted")
_CORRUPT = ("not a valid DuckDB database file", "Corrupt database file", "Could not read enough bytes", "checksum")
_NEWER = ("with version number", "newer version of DuckDB")

_ONE_OF_THIS_PROCESS = threading.RLock()
"""Connections of one process to one file share an instance of DuckDB, and one that is opened while another closes may
find it without the functions that read Arrow tables ("python_arrow_scan does not exist")."""

_WRITING: dict[str, str | bool | int | float | list[str]] = {"threads": 1}
"""A writer leaves the other cores to the work whose results it writes: a batch costs a quarter less CPU so."""


class Store:
    """The DuckDB file of a workspace `folder`.

    DuckDB lets one process write and no other read meanwhile, so nothing here keeps the file open: each `connect` opens
    it for a block and closes it again, and waits up to `patience_s` seconds while others have it.
    """

    def __init__(self, folder: Path, patience_s: float = 30.0) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.patience_s = patience_s

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
        """Open the store for the block, which is one transaction unless `read_only`: where it raises, nothing is kept.

        Makes the workspace and brings the schema up to date where needed. Raises the errors of `curation.errors`.
        """
        with _ONE_OF_THIS_PROCESS:
            yield from self._connect(read_only)

    def _connect(self, read_only: bool) -> Iterator[DuckDBPyConnection]:
        if not self.path.exists():
            if read_only:
                raise StoreMissingError(f"there is no store at {self.path} yet: `backmath ingest` makes one")
            self._create()
        try:
            connection = self._open_current(read_only)
            try:
                if read_only:
                    yield connection
                else:
                    with _transaction(connection):
                        yield connection
            finally:
                connection.close()
        except duckdb.Error as error:
            explained = self._explain(str(error))
            if explained is None:
                raise
            raise explained from error

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Raise errors of the operating system in the block as the errors of `curation.errors` that they stand for."""
        try:
            yield
        except OSError as error:
            raise self._explain(str(error)) or error from error

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        """Hold the workspace's lock for runs of `command`; raises AlreadyRunningError where one goes on."""
        self._make_folder()
        with ExitStack() as stack:
            try:
                free = stack.enter_context(locked(self._lock_path(command)))
            except OSError as error:
                raise self._explain(str(error)) or error from error
            if not free:
                pid = self.runner(command)
                raise AlreadyRunningError(
                    f"`backmath {command}` is running in {self.folder} already{f' (PID {pid})' if pid else ''}; "
                    "nothing was changed: wait for it, or stop it and run this again"
                )
            yield

    def runner(self, command: str) -> int | None:
        """The id of the process that runs `command` in the workspace now, or None."""
        return holder(self._lock_path(command))

    def _lock_path(self, command: str) -> Path:
        return self.folder / f".{command.replace(' ', '-')}.lock"

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._explain(str(error)) or error from error

    def _create(self) -> None:
        """Make the file beside its place and move it there, so that a kill never leaves half a store."""
        self._make_folder()
        new = self.folder / f".{FILE_NAME}.new"
        deadline = time.monotonic() + self.patience_s
        try:
            while True:
                with locked(self._lock_path("create")) as free:
                    if free:
                        if not self.path.exists():
                            new.unlink(missing_ok=True)
                            connection = duckdb.connect(new)
                            with _transaction(connection):
                                migrate(connection)
                            connection.close()
                            os.rename(new, self.path)
                        return
                if time.monotonic() > deadline:
                    raise StoreBusyError(f"another process has been making {self.path} for {self.patience_s:g} s")
                time.sleep(_LONGEST_WAIT_S)
        except (duckdb.Error, OSError) as error:
            raise self._explain(str(error)) or error from error

    def _open_current(self, read_only: bool) -> DuckDBPyConnection:
        """Open the file with its schema up to date."""
        connection = self._open(read_only)
        try:
            if not pending(connection):
                return connection
            if not read_only:
                with _transaction(connection):
                    migrate(connection)
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        with self.connect():
            pass
        return self._open(read_only)

    def _open(self, read_only: bool) -> DuckDBPyConnection:
        """Open the file, waiting while another process, or another thread of this one, has it."""
        deadline = time.monotonic() + self.patience_s
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                return duckdb.connect(self.path, read_only=read_only, config={} if read_only else _WRITING)
            except duckdb.Error as error:
                by = _held_by(str(error))
                if by is None:
                    raise
                if time.monotonic() > deadline:
                    raise StoreBusyError(
                        f"the store {self.path} is held open by {by} and did not come free in {self.patience_s:g} s; "
                        "what was written before is safe: close it there, then run the same command again"
                    ) from error
            time.sleep(wait_s * random.uniform(0.5, 1))  # so that those who wait do not all come back at once
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _explain(self, message: str) -> CurationError | None:
        """The error of ours that an error message of DuckDB or the operating system stands for, where it is one."""
        line = " ".join(message.split())
        if any(sign in message for sign in _FULL):
            return StoreFullError(
                f"no room to write to {self.folder} ({_within(line)}); the store keeps what was written before and "
                "opens as usual: free some space, then run the same command again"
            )
        if any(sign in message for sign in _READ_ONLY):
            return StoreReadOnlyError(
                f"the workspace {self.folder} cannot be written to ({line}); nothing was changed: "
                "make it writable, or choose another with --workspace"
            )
        if any(sign in message for sign in _NEWER):
            return StoreNewerError(
                f"{self.path} was written by a newer DuckDB than {duckdb.__version__} ({line}); nothing was changed: "
                "update backmath, or choose another --workspace"
            )
        if any(sign in message for sign in _CORRUPT):
            return StoreCorruptError(
                f"{self.path} is not a DuckDB database, or is damaged ({line}); nothing was changed: "
                "move it away, then run `backmath ingest` and `backmath generate` again"
            )
        if message.startswith("IO Error") or "[Errno" in message:
            return StoreInputOutputError(
                f"{self.path} could not be read or written ({line}); the store keeps what was written before"
            )
        return None


@contextmanager
def _transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # the first error is the one to tell
            connection.rollback()
        raise
    connection.commit()


def _within(line: str) -> str:
    """The message that DuckDB's message of a write in the background holds as JSON, any other as it is."""
    found = re.search(r'"exception_message":("(?:[^"\\]|\\.)*")', line)
    return str(json.loads(found[1])) if found else line


def _held_by(message: str) -> str | None:
    """Who holds the file, from DuckDB's refusal to open it; None where it was refused for another reason."""
    if "different configuration" in message:
        return "another thread of this process"
    if "Could not set lock on file" not in message:
        return None
    found = re.search(r"held in (.+) \(PID (\d+)\)", message)
    return f"PID {found[2]} ({Path(found[1]).name})" if found else "another process"
