"""An evaluation on the terminal: what is asked before it begins, and the figures with their intervals at its end."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from backmath.terminal import console, data, heading, times
from schemas.evaluation import Comparison, Estimate, Evaluation, FirstErrors, Selection, SetResult

if TYPE_CHECKING:
    from training.evaluation.question_set import QuestionSet
    from training.runs import Run

_SELECTED: dict[Selection, str] = {
    "majority": "majority of {k} samples",
    "oracle": "pass@{k}",
    "min": "best of {k} by PRM, min",
    "product": "best of {k} by PRM, product",
    "last": "best of {k} by PRM, last",
    "mean": "best of {k} by PRM, mean",
}


def announce(run: "Run", sets: "Sequence[QuestionSet]") -> None:
    """What is asked of what, what was left out, and whether the model may have seen it."""
    out = console()
    asked = ", ".join(f"{each.about.asked:,} of {each.about.name}" for each in sets)
    out.print(data(f"{run.record.name}: {run.record.base} on {asked}"), soft_wrap=True)
    for each in sets:
        for reason, rows in each.about.refused.items():
            out.print(data(f"  {times(rows, 'row')} of {each.about.name} left out: {reason}", "yellow"))
    if unchecked := [each.about.name for each in sets if each.about.decontaminated == "unchecked"]:
        warning = (
            f"  A release that this model was trained on was not held against {', '.join(unchecked)}, so it may have "
            "learned these questions. Next: backmath release create --against FILE"
        )
        out.print(data(warning, "yellow"), soft_wrap=True)


def print_evaluation(found: Evaluation, workspace: Path) -> None:
    """The tables, what they mean, and where the answers are."""
    out = console()
    if found.release:
        out.print(data(f"{found.model} was trained on release {found.release}"), soft_wrap=True)
    for result in found.results:
        out.print(heading(f"{result.set}, {result.kind}: {times(result.questions, 'question')}"))
        out.print(_result(result))
    for each in found.first_errors:
        out.print(heading(f"{each.set}: the first wrong step"))
        out.print(_first_errors(each))
    if found.comparisons:
        out.print(heading("Compared, question by question"))
        out.print(_comparisons(found.comparisons))
    out.print("\nShares with 95% intervals, by bootstrap over problems. Undecided is never counted as right.")
    folder = workspace / "runs" / found.run
    out.print(data(f"Every answer is in {folder}"), soft_wrap=True)


def _result(result: SetResult) -> Table:
    table = _of_estimates()
    _row(table, "right", result.accuracy)
    _row(table, "undecided", result.undecided)
    _row(table, "  of these no answer", result.no_answer)
    _row(table, "cut off", result.cut_off)
    _row(table, "right, and its forward question too", result.both)
    _row(table, "answered the original answer", result.leaked)
    _row(table, f"mean of {result.samples} samples", result.mean_of_samples)
    for each in result.selected:
        _row(table, _SELECTED[each.by].format(k=result.samples), each.accuracy)
    if result.calibration:
        _row(table, f"calibration error, by {result.calibration.by.replace('_', ' ')}", result.calibration.error)
    return table


def _first_errors(found: FirstErrors) -> Table:
    table = _of_estimates()
    _row(table, "found, where there is one", found.erroneous)
    _row(table, "none found, where there is none", found.correct)
    _row(table, "F1", found.f1)
    return table


def _of_estimates() -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    for _ in range(3):
        table.add_column(justify="right")
    return table


def _row(table: Table, name: str, found: Estimate | None) -> None:
    if found is not None:
        table.add_row(name, f"{found.value:.1%}", f"{found.low:.1%} to {found.high:.1%}", f"n = {found.n:,}")


def _comparisons(found: Sequence[Comparison]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("measure")
    for name in ("this", "other", "difference", "p", "p, Holm"):
        table.add_column(name, justify="right")
    for each in found:
        table.add_row(
            data(f"{each.measure.replace('_', ' ')}, {each.set}, {each.kind}, with {each.other}"),
            f"{each.this_value:.1%}",
            f"{each.other_value:.1%}",
            f"{each.difference.value:+.1%} ({each.difference.low:+.1%} to {each.difference.high:+.1%})",
            f"{each.p_value:.2g}",
            f"{each.adjusted_p_value:.2g}",
        )
    return table
