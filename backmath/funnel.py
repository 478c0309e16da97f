"""The funnel as a person reads it: what became of the problems, what held candidates back, and what to do next."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backmath.command_line import within
from backmath.terminal import MARKS, data, heading

if TYPE_CHECKING:
    from curation.status import FunnelRow, NextStep, Status
    from schemas.decision import Verdict

MEANING = {
    "formula_holds": "no formula of explained numbers",
    "depends_on_condition": "the answer does not depend on it",
    "two_sided": "the equation does not hold both ways",
    "unique_root": "another value may fit, or none does",
    "provenance": "where a number comes from is not certain",
    "agreement": "two formulas differ",
    "steps_hold": "a step of the solution is not proved",
    "no_leak": "the question gives the hidden value away",
    "states_result": "the question does not state the result",
    "conditions_kept": "the question lost another condition",
    "asks_for_unknown": "the question does not ask for x",
    "backprm": "the BackPRM holds something for wrong",
    "audit": "audits do not show yet that such are right",
    "no_relation": "there is no equation in the condition",
}
"""What it means that a check held a candidate back, in a few words."""

_SHARES: tuple[tuple["Verdict", str, str], ...] = (
    ("accept", "accepted", "█"),
    ("review", "in review", "▒"),
    ("reject", "rejected", "░"),
)
_BAR_WIDTH = 28
_CAUSES_SHOWN = 6


def print_funnel(out: Console, status: "Status") -> None:
    """The table of the funnel, the shares of its outcomes, and the most frequent reasons of those not accepted."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("source", no_wrap=True, max_width=12)
    table.add_column("formula")
    for name in ("problems", "conditions", "candidates", "accepted", "in review", "rejected"):
        table.add_column(name, justify="right")
    for row in status.funnel:
        counts = (row.problems, row.conditions, row.candidates, row.accepted, row.review, row.rejected)
        table.add_row(data(row.source), row.formula, *(f"{count:,}" for count in counts))
    out.print(table)
    if not status.funnel:
        return
    out.print()
    out.print(_shares(status.funnel))
    out.print(f"Problems with at least one accepted: {status.accepted_problems:,}", style="dim")
    if status.causes:
        _print_causes(out, status)


def print_next(out: Console, steps: Sequence["NextStep"], workspace: Path) -> None:
    """What to do next: each command on a line of its own that can be copied, and why."""
    if not steps:
        return
    out.print(heading("Next"))
    for step in steps:
        out.print(data(within(step.command, workspace), "bold"), soft_wrap=True)
        out.print(data(f"    {step.why}", "dim"))


def _shares(funnel: Sequence["FunnelRow"]) -> Text:
    counts = {
        "accept": sum(row.accepted for row in funnel),
        "review": sum(row.review for row in funnel),
        "reject": sum(row.rejected for row in funnel),
    }
    total = sum(counts.values())
    line = Text()
    legend = Text()
    edge = 0
    passed = 0
    for verdict, name, block in _SHARES:
        passed += counts[verdict]
        reached = round(_BAR_WIDTH * passed / total) if total else 0
        line.append(block * (reached - edge), MARKS[verdict][1])
        edge = reached
        legend.append(f"  {block} ", MARKS[verdict][1]).append(f"{counts[verdict] / max(total, 1):.0%} {name}")
    return line + legend


def _print_causes(out: Console, status: "Status") -> None:
    out.print(heading("What held them back"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    for cause in status.causes[:_CAUSES_SHOWN]:
        mark, style = MARKS[cause.decision]
        meaning = MEANING.get(cause.check_name, "")
        table.add_row(f"{cause.candidates:,}", Text(f"{mark} {cause.decision}", style), data(cause.check_name), meaning)
    out.print(table)
    rest = status.causes[_CAUSES_SHOWN:]
    if rest:
        out.print(f"and {sum(cause.candidates for cause in rest):,} for other reasons", style="dim")
