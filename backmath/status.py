"""`backmath status`: where the workspace stands, and what to do next."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.funnel import print_funnel, print_next
from backmath.terminal import console, data, heading, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.review.precision import Precision
    from curation.runs import Run
    from curation.status import Status

EXAMPLE = "backmath status --json"

_RUNS_SHOWN = 5
_COMMAND_WIDTH = 26
_STATUS_STYLES = {"done": "green", "running": "cyan", "interrupted": "yellow", "killed": "yellow", "failed": "red"}


def status(json: Json = False, workspace: Workspace = DEFAULT_WORKSPACE, debug: Debug = False) -> None:
    """Show the funnel, the queue for people, the cost, the runs, and what to do next."""
    from curation.status import status as look
    from curation.store import Store

    store = Store(workspace)
    now = look(store)
    if json:
        print_json(now.model_dump(mode="json"))
        return
    out = console()
    out.print(data(str(store.path), "bold"))
    _print_ingested(out, now)
    if now.funnel:
        out.print(heading("Funnel"))
        print_funnel(out, now)
    if now.precision:
        print_precision(out, now.precision)
    if now.costs:
        _print_costs(out, now)
    if now.samples:
        _print_samples(out, now)
    if now.runs:
        _print_runs(out, now)
    print_next(out, now.next_steps, workspace)


def _print_ingested(out: Console, now: "Status") -> None:
    for row in now.ingested:
        waiting = f", {row.underived:,} not derived from yet" if row.underived else ""
        out.print(data(f"  {row.problems:,} problems from {row.source}{waiting}"))
    if now.ingest_errors:
        out.print(f"  {now.ingest_errors:,} rows refused, in the table ingest_errors", style="yellow")
    if failed := sum(row.problems for row in now.failed):
        out.print(f"  {failed:,} problems failed for want of a model's answer", style="yellow")
    if now.queue:
        out.print(f"  {now.queue:,} candidates wait for people", style="yellow")
    if now.held:
        out.print(f"  {now.held:,} candidates wait for audits to show what the policy demands", style="yellow")


def print_precision(out: Console, groups: "Sequence[Precision]") -> None:
    """What audits show of each source and kind of formula, and of all together."""
    from curation.review.precision import in_all

    out.print(heading("Precision of what is accepted, by blind audit"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("source", no_wrap=True, max_width=12)
    table.add_column("formula")
    for name in ("audited", "right", "precision", "95% interval"):
        table.add_column(name, justify="right")
    for row in (*groups, in_all(groups)) if len(groups) > 1 else groups:
        interval = f"{row.low:.1%} to {row.high:.1%}"
        table.add_row(data(row.source), row.formula, f"{row.audited:,}", f"{row.right:,}", f"{row.share:.1%}", interval)
    out.print(table)


def _print_costs(out: Console, now: "Status") -> None:
    out.print(heading("Cost"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("model")
    for name in ("calls", "failed", "tokens in", "tokens out", "USD", "seconds"):
        table.add_column(name, justify="right")
    for cost in now.costs:
        usd = "unknown" if cost.usd is None else f"{cost.usd:,.2f}{' or more' if cost.unpriced else ''}"
        counts = (f"{count:,}" for count in (cost.calls, cost.failed, cost.input_tokens, cost.output_tokens))
        table.add_row(data(cost.model), *counts, usd, f"{cost.elapsed_s:,.0f}")
    out.print(table)
    for cost in now.costs:
        if cost.unpriced and cost.usd is not None:
            out.print(data(f"{cost.unpriced:,} of {cost.calls:,} calls of {cost.model} have no known price", "yellow"))


def _print_samples(out: Console, now: "Status") -> None:
    out.print(heading("What models wrote"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("purpose")
    for name in ("samples", "proved", "wrong", "undecided"):
        table.add_column(name, justify="right")
    for row in now.samples:
        counts = (row.samples, row.passed, row.failed, row.undecided)
        table.add_row(row.purpose, *(f"{count:,}" for count in counts))
    out.print(table)


def _print_runs(out: Console, now: "Status") -> None:
    out.print(heading("Runs"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=_COMMAND_WIDTH)
    for run in now.runs[-_RUNS_SHOWN:]:
        state = "killed" if run.status == "running" and run.run_id not in now.going_on else run.status
        table.add_row(
            run.started_at.strftime("%Y-%m-%d %H:%M"),
            data(run.command_line.removeprefix("backmath ")),
            Text(state, _STATUS_STYLES[state]),
            data(_added(run), "dim"),
        )
    out.print(table)


def _added(run: "Run") -> str:
    counted = (
        f"{run.counts[name]:,} {text}"
        for name, text in (
            ("problems", "added"),
            ("ingest_errors", "refused"),
            ("candidates", "candidates"),
            ("failed", "failed"),
            ("calls", "calls"),
        )
        if name in run.counts
    )
    return ", ".join(counted) or "nothing added"
