"""Ingest: the rows of a source as problems, each malformed one as an IngestError with its line and its reason."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from generation.sources import catalogue, records
from generation.sources.errors import RowError, SourceError
from generation.sources.fields import Fields, Parts
from generation.sources.hub import hub_rows
from generation.sources.row import Row, printable, refused
from generation.sources.rows import rows
from schemas.ingest_error import IngestError
from schemas.problem import Problem

_SPLIT = re.compile(r"(?<![a-z])(train|test|validation|valid|val|dev)(?![a-z])", re.IGNORECASE)
_SAME_SPLIT = {"valid": "validation", "val": "validation"}
_NAME = re.compile(r"[\w.-]{1,200}")
_LOOK_AHEAD = 100
"""Rows of records in which a mapped column must turn up."""


@dataclass(frozen=True)
class _Place:
    """Where the rows stand and what holds for those that do not say otherwise."""

    file: str
    source: str
    split: str
    licence: str


def read(
    source: str,
    *,
    path: Path | None = None,
    hub: str | None = None,
    split: str | None = None,
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    licence: str | None = None,
) -> Iterator[Problem | IngestError]:
    """The problems of a source, from a file or from the hub (`owner/name` or `owner/name:config`).

    `split` chooses the split on the hub and names the one of a file; else a file's name tells it. `limit` is a number
    of rows, refused ones included. `columns` maps the names of `records` to those of the rows. Raises SourceError
    at once for an argument, and while reading for a file or a data set that cannot be read on.
    """
    known = catalogue.source(source)
    _check(source, path, hub, split, limit, columns)
    if path is not None:
        found = rows(path)
        file, label = path.name, Path(path.name.removesuffix(".gz")).stem
        split = split or _split_of(label)
    else:
        name = _hub_name(str(hub), known)
        split = split or known.splits[0]
        found = hub_rows(name, split, streaming=limit is not None)
        file = name.partition(":")[0]
        label = file.rpartition("/")[2]
    place = _Place(printable(file), printable(label), split, licence or known.licence)
    if source != "records":
        return _problems(islice(found, limit), known.parts, replace(place, source=source))
    # A column that is mapped to one name is not read as another too: `solution=answer` leaves no answer.
    taken = set((columns or {}).values()) - {"question", "solution"}
    mapping = {name: name for name in records.COLUMNS if name not in taken} | dict(columns or {})
    # An answer is enough where it is named, or where nothing is: else a solution's column may only be forgotten.
    enough = "answer" if not columns or "answer" in columns else "solution"
    found = _with_columns(islice(found, limit), mapping, {"question", *(columns or {})}, enough, place.file)
    return _problems(found, lambda fields: known.parts(_renamed(fields, mapping)), place)


def _check(
    source: str,
    path: Path | None,
    hub: str | None,
    split: str | None,
    limit: int | None,
    columns: Mapping[str, str] | None,
) -> None:
    """Raises SourceError for arguments that cannot hold together."""
    if (path is None) == (hub is None):
        raise SourceError(f"{source} is read from a path or a hub name: give {'one' if path is None else 'only one'}")
    if limit is not None and limit < 0:
        raise SourceError(f"a limit of {limit} rows cannot be read")
    if split is not None and not _NAME.fullmatch(split):
        raise SourceError(f"{split!r} is not the name of a split")
    if columns and source != "records":
        raise SourceError(f"columns are for records only: those of {source} are fixed")
    for name in columns or {}:
        if name not in records.COLUMNS:
            raise SourceError(f"{name!r} is not a column of records: {', '.join(records.COLUMNS)}")


def _problems(
    found: Iterator[Row | IngestError], parts: Callable[[Fields], Parts], place: _Place
) -> Iterator[Problem | IngestError]:
    for row in found:
        if isinstance(row, IngestError):
            yield row
            continue
        try:
            read = parts(row.fields)
        except RowError as error:
            yield refused(place.file, row, str(error))
            continue
        yield Problem(
            question=read.question,
            solution=read.solution,
            answer=read.answer,
            notation=read.notation,
            source=read.source or place.source,
            split=read.split or place.split,
            licence=read.licence or place.licence,
            origin=f"{place.file}:{row.line}",
        )


def _with_columns(
    found: Iterator[Row | IngestError], mapping: Mapping[str, str], needed: Collection[str], enough: str, file: str
) -> Iterator[Row | IngestError]:
    """The rows as they are. Raises SourceError where none of the first ones has a column that is needed.

    That is `solution`, too, unless there is the column that is `enough` without it.
    """
    first = list(islice(found, _LOOK_AHEAD))
    seen = dict.fromkeys(name for row in first if isinstance(row, Row) for name in row.fields)
    if mapping.get(enough) not in seen:
        needed = {*needed, "solution"}
    for ours in records.COLUMNS:
        if ours in needed and seen and mapping[ours] not in seen:
            there = printable(", ".join(seen)[:200])
            raise SourceError(f"{file} has no column {mapping[ours]!r} for {ours}: map {ours} to one of {there}")
    yield from chain(first, found)


def _renamed(fields: Fields, mapping: Mapping[str, str]) -> Fields:
    return {ours: fields[theirs] for ours, theirs in mapping.items() if theirs in fields}


def _split_of(name: str) -> str:
    """The split that a file's name tells, else train."""
    found = _SPLIT.search(name)
    return _SAME_SPLIT.get(found[0].lower(), found[0].lower()) if found else "train"


def _hub_name(name: str, known: catalogue.Source) -> str:
    """The name, with the config where it is the source's own data set and says none."""
    return known.hub if known.hub is not None and known.hub.partition(":")[0] == name else name
