"""`backmath release diff`: what changed from one version to another, and why."""

from typing import Annotated

import typer
from rich.table import Table

from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.terminal import console, data, heading, print_json

EXAMPLE = "backmath release diff 1.0.0 1.0.0"

_STYLES = {"added": "green", "removed": "red", "changed": "yellow"}
_LEAST_MOVE = 0.001


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The version to start from.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The version to compare it with.")],
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many rows of each kind at most.")] = 20,
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Show the rows that were added, removed and changed, what caused each, and how the distributions moved."""
    from curation.releases.difference import difference
    from curation.releases.shelf import manifest
    from curation.store import Store

    with Store(workspace).connect(read_only=True) as connection:
        versions = [manifest(connection, version).version for version in (before, after)]
        found = difference(connection, *versions)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    out = console()
    counts = found.counts()
    told = ", ".join(f"{counts.get(what, 0):,} {what}" for what in _STYLES)
    out.print(data(f"From {found.before} to {found.after}: {told}.", "bold"))
    for what, style in _STYLES.items():
        changes = [change for change in found.changes if change.what == what]
        if not changes:
            continue
        out.print(heading(what.capitalize()))
        table = Table.grid(padding=(0, 2, 0, 0))
        for change in changes[:limit]:
            table.add_row(data(change.candidate_id[:8], style), data(change.cause))
        out.print(table)
        if len(changes) > limit:
            out.print(f"and {len(changes) - limit:,} more; --limit shows them", style="dim")
    moved = [row for row in found.moved if abs(row.after - row.before) >= _LEAST_MOVE]
    if moved:
        out.print(heading("Shares that moved"))
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("", "", found.before, found.after):
            table.add_column(name, justify="right" if name else "left")
        for row in moved:
            table.add_row(row.feature, data(row.value), f"{row.before:.1%}", f"{row.after:.1%}")
        out.print(table)
