"""What a budget of reviews buys, as a person reads it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from backmath.terminal import heading

if TYPE_CHECKING:
    from rich.console import Console

    from curation.review.budget import Bought
    from curation.review.probability import Estimates


def print_budget(out: "Console", estimates: "Estimates", bought: Sequence["Bought"], chosen: int) -> None:
    """What the chosen rows buy, what others would, and what the figures rest on; `chosen` is among those bought."""
    out.print(heading("What reviews buy"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("rows reviewed", "accepted", "of them wrong", "right ones left out"):
        table.add_column(name, justify="right")
    for row in bought:
        table.add_row(f"{row.rows:,}", f"{row.accepted:,.0f}", f"{row.error:.1%}", f"{row.missed:,.0f}")
    out.print(table)
    none, these = bought[0], next(row for row in bought if row.rows == chosen)
    out.print(
        f"Reviewing {chosen:,} rows lowers the expected error of the accepted set from {none.error:.1%} to "
        f"{these.error:.1%}."
    )
    out.print("Doubtful candidates that nobody reviews are taken for what is likelier of them.", style="dim")
    if estimates.held_out is None:
        out.print(f"A guess from the checks alone: {estimates.note}.", style="yellow")
        return
    held_out = estimates.held_out
    low, high = held_out.auc_interval
    out.print(
        f"Learnt from {estimates.labels:,} verdicts. On problems it has not seen: Brier score {held_out.brier:.3f} "
        f"({held_out.brier_of_share:.3f} by the share of right ones alone), calibration error "
        f"{held_out.calibration_error:.1%}, AUC {held_out.auc:.2f} ({low:.2f} to {high:.2f}).",
        style="dim",
    )
