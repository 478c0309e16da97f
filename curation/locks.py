"""Named locks of a workspace, which the operating system gives back when their process ends, however it ends."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_held: set[Path] = set()
_guard = threading.Lock()


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock file at `path` for the block, yielding True, or yield False at once where another holds it.

    The lock is a record lock, which belongs to the process alone: worker processes forked by it do not inherit it, so
    that it goes with a `kill -9` even while they live on. Since such a lock does not tell the threads of one process
    apart, and is lost when the process closes the file anywhere, a set of held paths stands in front of it. The file
    stays, holding the process id of the last holder.
    """
    path = path.resolve()
    with _guard:
        free = False
        if path not in _held:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                free = _take(descriptor)
            finally:
                if free:
                    _held.add(path)
                else:
                    os.close(descriptor)
    if not free:
        yield False
        return
    try:
        yield True
    finally:
        with _guard:
            _held.discard(path)
            os.close(descriptor)


def _take(descriptor: int) -> bool:
    for wait_s in (0.01, 0.05, None):  # a call of `holder` elsewhere has the lock for some microseconds
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # POSIX allows either for a lock that is held
            if wait_s is None:
                return False
            time.sleep(wait_s)
        else:
            break
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return True


def holder(path: Path) -> int | None:
    """The id of the process that holds the lock file at `path`, or None where nobody does."""
    path = path.resolve()
    with _guard:
        if path in _held:
            return os.getpid()
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            written = os.pread(descriptor, 32, 0)
            return int(written) if written.isdigit() else 0
        finally:
            os.close(descriptor)
    return None
