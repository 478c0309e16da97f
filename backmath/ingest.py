"""`backmath ingest`: the problems of a source into the store, and its refused rows with their reasons beside them."""

from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, TypeVar

import typer
from rich.table import Table

from backmath.command_line import typed, within
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.errors import CommandError
from backmath.progress import Bar
from backmath.terminal import console, data
from backmath.work import stopped, working
from generation.sources.errors import SourceError

if TYPE_CHECKING:
    from curation.store import Store

SourceName = Literal["gsm8k", "math", "asdiv", "mawps", "svamp", "records"]

EXAMPLE = "backmath ingest records --path problems.jsonl --columns question=q,solution=steps --licence CC0-1.0"

BATCH = 2000
"""Rows written at a time: memory does not grow with the file, and a kill loses at most this much reading."""

_REASONS_SHOWN = 5

Row = TypeVar("Row")


class Origin(NamedTuple):
    """What is read, in the terms of `generation.sources.ingest.read`."""

    source: str
    path: Path | None = None
    hub: str | None = None
    split: str | None = None
    limit: int | None = None
    columns: dict[str, str] | None = None
    licence: str | None = None


class Added(NamedTuple):
    """What reading came to, in rows; `reasons` counts the refused ones, also those that were kept before."""

    problems: int
    known: int
    reasons: Counter[str]
    stopped: bool


def ingest(
    source: Annotated[
        SourceName,
        typer.Argument(
            metavar="SOURCE",
            help="gsm8k, math, asdiv, mawps, svamp or records. Where the problems are from; records are your own.",
        ),
    ],
    path: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to read: .jsonl .json .csv .parquet .xml, or .gz of them.")
    ] = None,
    hub: Annotated[
        str | None, typer.Option(metavar="NAME", help="Data set on the Hugging Face hub, owner/name[:config].")
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="Split to read from the hub, or to name the file's rows.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Read only the first rows.")] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="NAME=COLUMN,...", help="What records call question, solution, answer.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Licence of the rows that name none themselves.")
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Add the problems of a source to the store.

    Rows that are there already are left out. Rows that cannot become a problem are kept apart with their reason, and
    the rest goes on. Give --path or --hub.
    """
    from curation.store import Store

    if (path is None) == (hub is None):
        raise typer.BadParameter("give either --path FILE or --hub NAME")
    store = Store(workspace)
    origin = Origin(source, path, hub, split, limit, _mapping(columns), licence)
    line = typed("ingest", source, path=path, hub=hub, split=split, limit=limit, columns=columns, licence=licence)
    added = add(store, origin, line)
    _report(added, store)
    if added.stopped:
        raise stopped(line, workspace)
    console().print(f"Next: {within('backmath generate', workspace)}")


def add(store: "Store", origin: Origin, command_line: str) -> Added:
    """Read the origin into the store, a batch at a time."""
    from curation.problems import write
    from generation.sources.ingest import read
    from schemas.identity import content_id
    from schemas.ingest_error import IngestError

    try:
        rows = read(**origin._asdict())
    except SourceError as error:
        raise CommandError(f"{error}; nothing was added. Next: backmath ingest --help") from error
    configuration = origin._asdict() | {"path": str(origin.path.resolve()) if origin.path else None}
    fingerprint = f"ingest-1-{content_id(*map(str, configuration.values()))}"
    problems, known, reasons = 0, 0, Counter[str]()
    with (
        working(
            store, "ingest", command_line=command_line, configuration=configuration, fingerprint=fingerprint
        ) as work,
        Bar("Reading", origin.limit, lambda: {"accept": problems, "reject": reasons.total()}, work.stop.is_set) as bar,
    ):
        try:
            for batch in _batches(takewhile(lambda _: not work.stop.is_set(), rows)):
                written = write(store, work.run.run_id, batch)
                problems += written.problems
                known += written.known_problems
                reasons.update(row.reason for row in batch if isinstance(row, IngestError))
                bar.advance(len(batch))
        except SourceError as error:
            kept = f"{problems:,} problems before that were added and are kept" if problems else "nothing was added"
            raise CommandError(f"{error}; {kept}. Next: mend it, then {command_line}") from error
    return Added(problems, known, reasons, work.stop.is_set())


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows, BATCH at a time; where reading breaks off, those before it come first."""
    batch = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except SourceError:
        yield batch
        raise
    if batch:
        yield batch


def _mapping(columns: str | None) -> dict[str, str] | None:
    """`question=q,solution=s` as a mapping; raises typer.BadParameter naming the part that is none."""
    if columns is None:
        return None
    pairs = {}
    for part in columns.split(","):
        name, equals, column = part.partition("=")
        if not (equals and name.strip() and column.strip()):
            raise typer.BadParameter(f"--columns: {part!r} is not NAME=COLUMN, such as question=q")
        pairs[name.strip()] = column.strip()
    return pairs


def _report(added: Added, store: "Store") -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row("problems added", f"{added.problems:,}")
    table.add_row("there already", f"{added.known:,}")
    table.add_row("rows refused", f"{added.reasons.total():,}")
    out = console()
    out.print(table)
    for reason, count in added.reasons.most_common(_REASONS_SHOWN):
        out.print(data(f"  {count:,} x {reason}", "yellow"))
    if len(added.reasons) > _REASONS_SHOWN:
        out.print(f"  and {len(added.reasons) - _REASONS_SHOWN:,} other reasons", style="yellow")
    if added.reasons:
        out.print(f"They are kept, with file, line and reason, in the table ingest_errors of {store.path}")
