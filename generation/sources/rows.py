"""Rows of a file: JSON lines, a JSON list, CSV, Parquet or XML, read as a stream, each with its line.

A row that cannot be read is an IngestError and the next one is read; memory does not grow with the file.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from generation.sources.errors import SourceError
from generation.sources.json_rows import json_lines, json_list
from generation.sources.row import MAX_ROW, Row, Stream, unreadable
from generation.sources.xml_rows import xml_rows
from schemas.ingest_error import IngestError

Rows = Iterator[Row | IngestError]

_BATCH = 256
"""Rows of a Parquet file that are in memory at a time."""


def rows(path: Path) -> Rows:
    """The rows of a file, in the format that its name ends in; blank lines are passed over.

    Raises SourceError: at once where there is no such file or its format is not read; while reading, after the rows
    before, where the file is not what its name says or breaks off.
    """
    try:
        folder, there = path.is_dir(), path.exists()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    if folder or not there:
        raise SourceError(f"{path} {'is a folder: name one file in it' if folder else 'does not exist'}")
    packed = path.suffix.lower() == ".gz"
    suffix = Path(path.stem if packed else path.name).suffix.lower()
    if suffix not in _READERS or (packed and suffix == ".parquet"):
        formats = f"{', '.join(_READERS)}, each but .parquet also as .gz"
        raise SourceError(f"{path.name} is in no format that is read: {formats}")
    return _guarded(path, packed, _READERS[suffix])


def _guarded(path: Path, packed: bool, reader: Callable[[Stream, str], Rows]) -> Rows:
    """The reader's rows; what goes wrong with the file as a whole is a SourceError."""
    line = 0
    try:
        with path.open("rb") as file, gzip.open(file) if packed else file as stream:
            for row in reader(stream, path.name):
                line = row.line
                yield row
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
        broken = f"breaks off after row {line}" if line else "cannot be read"
        raise SourceError(f"{path.name} {broken}: {reason}") from error


def _json(stream: Stream, file: str) -> Rows:
    """A list where the first character opens one, else one object a line."""
    head = stream.peek(1_000).removeprefix(b"\xef\xbb\xbf").lstrip()
    return json_list(stream, file) if head.startswith(b"[") else json_lines(stream, file)


def _csv(stream: Stream, file: str) -> Rows:
    """A header, and as many cells in every row; a cell may hold quotes, commas and line ends."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(iter(lambda: text.readline(MAX_ROW), ""), strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise SourceError(f"{file} has no header row: {error}") from error
    if not header or len(set(header)) < len(header):
        raise SourceError(f"{file} has no header row that names every column once: {','.join(header)[:200]!r}")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield unreadable(file, line, f"invalid CSV: {error}", "")
            continue
        if len(cells) == len(header):
            yield Row(line, dict(zip(header, cells, strict=True)))
        elif cells:
            yield unreadable(file, line, f"the header has {len(header)} cells, the row {len(cells)}", ",".join(cells))


def _parquet(stream: Stream, file: str) -> Rows:
    import pyarrow as pa  # takes a while to load, and most sources do without
    from pyarrow.parquet import ParquetFile

    numbers = count(1)
    try:
        for batch in ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20).iter_batches(_BATCH):
            for index, number in zip(range(batch.num_rows), numbers, strict=False):
                try:
                    yield Row(number, batch.slice(index, 1).to_pylist()[0])
                except (ValueError, OverflowError) as error:
                    yield unreadable(file, number, f"a value cannot be read: {error}", "")
    except pa.ArrowException as error:
        raise OSError(str(error)) from error


_READERS: dict[str, Callable[[Stream, str], Rows]] = {
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
    ".xml": xml_rows,
}
