"""The engine's own connections to Argilla's SQLite file: many that read, one that writes.

Argilla's connections are left to Argilla: a search never waits for one of them, and never holds one. The engine writes
its index only after Argilla has committed the records, so the two writers never wait for each other's locks for long.
The file is in WAL mode, where readers do not wait at all.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from argilla_server.database import database_url_sync
from argilla_server.settings import settings
from sqlalchemy import Connection, Engine, create_engine, event, make_url

LOCK_SECONDS = 30
"""How long a connection waits for another's write."""
CACHE_KIB = 32 * 1024
"""Pages of the file that a connection keeps."""

MAPPED_BYTES = 2**30
"""Of the file that readers see without a copy."""

Result = TypeVar("Result")


def _connections(begin: str, pragmas: tuple[str, ...], **pool: Any) -> Engine:
    engine = create_engine(
        make_url(database_url_sync()), connect_args={"timeout": LOCK_SECONDS, "check_same_thread": False}, **pool
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says so, not where sqlite3 guesses
        for pragma in (f"cache_size = -{CACHE_KIB}", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


if not settings.database_is_sqlite:
    raise RuntimeError("The embedded search engine needs ARGILLA_DATABASE_URL to be a SQLite file")

_readers = _connections("BEGIN", ("query_only = ON", f"mmap_size = {MAPPED_BYTES}"), pool_size=8, max_overflow=0)
_writer = _connections("BEGIN IMMEDIATE", ("journal_mode = WAL",), pool_size=1, max_overflow=0)


async def reading(read: Callable[[Connection], Result]) -> Result:
    """What `read` finds in one snapshot of the database, off the event loop."""

    def run() -> Result:
        with _readers.connect() as connection:
            return read(connection)

    return await asyncio.to_thread(run)


async def writing(write: Callable[[Connection], Result]) -> Result:
    """What `write` gives, in one transaction that is committed where it raises nothing, off the event loop."""

    def run() -> Result:
        with _writer.begin() as connection:
            return write(connection)

    return await asyncio.to_thread(run)
