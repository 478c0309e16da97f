"""A release as a person reads it."""

from typing import TYPE_CHECKING

from rich.table import Table

from backmath.terminal import data, heading

if TYPE_CHECKING:
    from rich.console import Console

    from schemas.release import Manifest


def print_release(out: "Console", manifest: "Manifest") -> None:
    """The counts by config and split, the sources, what audits show, and what was left out."""
    title = f"Release {manifest.version}" + (f", after {manifest.previous}" if manifest.previous else "")
    out.print(data(title, "bold"))
    table = _table("config", "train", "validation", "test")
    for config in dict.fromkeys(count.config for count in manifest.counts):
        rows = {count.split: count.rows for count in manifest.counts if count.config == config}
        table.add_row(config, *(f"{rows.get(split, 0):,}" for split in ("train", "validation", "test")))
    out.print(table)
    out.print(f"{manifest.labelled_steps:,} labelled steps in prm and backprm", style="dim")
    out.print(heading("Sources"))
    table = _table("source", "licence", "problems", "backward")
    for share in manifest.sources:
        table.add_row(data(share.source), data(share.licence), f"{share.problems:,}", f"{share.candidates:,}")
    out.print(table)
    if manifest.left_out:
        out.print(heading("Left out, though accepted"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(justify="right")
        for row in manifest.left_out:
            table.add_row(f"{row.candidates:,}", data(row.reason))
        out.print(table)
    if not manifest.evaluation_sets:
        out.print("Held against no evaluation set: name some with --against.", style="yellow")
    for shown in manifest.precision:
        told = f"{shown.right:,} of {shown.audited:,} audited are right ({shown.low:.1%} to {shown.high:.1%})"
        out.print(data(f"{shown.source} {shown.formula}: {told}", "dim"))


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, no_wrap=True, max_width=24)
    for name in columns:
        table.add_column(name, justify="right")
    return table
