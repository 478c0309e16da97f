"""The journal of calls: a line in a file for each as it is sent, and another as it ends, until the store has it."""

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from curation.columns import well_formed
from schemas.call import Call

_NAME = re.compile(r"calls-(\d+)\.jsonl")


class Journal:
    """A file in a folder that lines are appended to: the id of the run, then a call as JSON on each line.

    A line is one write to the operating system, which keeps it whatever becomes of this process: a kill loses nothing
    that was written. Nothing waits for the disk, so a machine that loses its power can lose the last seconds' lines.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self._folder = folder
        self._run_id = run_id
        self._number = max((_number(path) for path in journals(folder)), default=0)
        self._begin(())

    def append(self, call: Call) -> None:
        """Write one line; raises OSError, and leaves the file as it was, where there is no room."""
        line = _line(call)
        written = os.write(self._file, line)
        if written < len(line):
            os.ftruncate(self._file, self._size)  # half a line would spoil the next one
            raise _no_room(self._path)
        self._size += written

    def turn(self, carried: Iterable[Call]) -> list[Path]:
        """Go on in a new file, which begins with the carried calls; return the files from before.

        They are for the caller to remove, oldest first, once the store has all other calls.
        """
        before = self._file
        self._begin(carried)
        os.close(before)
        return [path for path in journals(self._folder) if path != self._path]

    def remove(self) -> None:
        """Remove the file: the store has all of its calls."""
        self._path.unlink()

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)

    def _begin(self, carried: Iterable[Call]) -> None:
        path = self._folder / f"calls-{self._number + 1}.jsonl"
        lines = b"".join([f"{self._run_id}\n".encode(), *map(_line, carried)])
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            if os.write(file, lines) < len(lines):
                raise _no_room(path)
        except OSError:
            os.close(file)
            path.unlink()
            raise
        self._file, self._path, self._size = file, path, len(lines)
        self._number += 1


def journals(folder: Path) -> list[Path]:
    """The journals in the folder, oldest first."""
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=_number)


def read(path: Path) -> tuple[str, list[Call], bool]:
    """The id of the run, its calls in the order of their lines, and whether every line was one.

    What stands behind the last line break was being written when the process was killed: it is no line.
    """
    run_id, *lines = path.read_bytes().split(b"\n")[:-1] or [b""]
    calls = []
    for line in lines:
        try:
            calls.append(Call.model_validate_json(line))
        except ValidationError:
            continue
    return run_id.decode(errors="replace"), calls, len(calls) == len(lines)


def _number(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def _line(call: Call) -> bytes:
    try:
        return f"{call.model_dump_json()}\n".encode()
    except PydanticSerializationError:  # a lone surrogate: JSON can write one, UTF-8 cannot
        texts = {name: well_formed(value) for name, value in call if isinstance(value, str)}
        return _line(call.model_copy(update=texts))


def _no_room(path: Path) -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
