"""A release as a person reads it."""

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from backmath.terminal import data, heading, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from curation.releases.omissions import Omission
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


def print_omissions(out: "Console", version: str, count: int, found: "Sequence[Omission]") -> None:
    """What a release left out, each with its reason and both texts, one below the other, the words that differ bold."""
    out.print(data(f"Release {version}: {times(count, 'accepted candidate')} left out", "bold"))
    for each in found:
        out.print(Text.assemble("\n", data(each.candidate_id, "bold"), "  ", data(each.reason, "yellow")))
        if each.ours is None or each.theirs is None or each.other is None:
            continue
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, style="dim")
        table.add_column()
        ours, theirs = each.ours.split(), each.theirs.split()
        table.add_row("  ours", _against(ours, theirs))
        table.add_row("  kept" if not each.other.startswith("row ") else "  theirs", _against(theirs, ours))
        out.print(table)
    if count > len(found):
        out.print(f"\nand {count - len(found):,} more; --limit shows them", style="dim")


def _against(words: "Sequence[str]", others: "Sequence[str]") -> Text:
    """The words, those bold that the others do not have in that order."""
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    parts = Text()
    for what, start, end, _, _ in matcher.get_opcodes():
        if start < end:
            parts.append_text(data(" ".join(words[start:end]) + " ", "" if what == "equal" else "bold cyan"))
    parts.rstrip()
    return parts


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, no_wrap=True, max_width=24)
    for name in columns:
        table.add_column(name, justify="right")
    return table
