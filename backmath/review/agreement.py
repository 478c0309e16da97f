"""`backmath review agreement`: how reviewers agree, how often they are right, and how they work."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.terminal import console, data, heading, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from curation.review.agreement import Agreement, QuestionAgreement
    from curation.review.interval import Interval
    from curation.review.quality import Quality

EXAMPLE = "backmath review agreement --json"

_NAME_WIDTH = 30
_RELIABLE, _TENTATIVE = 0.8, 0.667
"""What Krippendorff asks of alpha: from 0.8 on data are reliable, from 0.667 they bear tentative conclusions."""


def agreement(json: Json = False, workspace: Workspace = DEFAULT_WORKSPACE, debug: Debug = False) -> None:
    """Show how far reviewers agree, how they do on gold questions, and who takes suggestions as they are.

    Krippendorff's alpha is 1 where all agree, and 0 where they agree as often as by chance. Where there are too few
    answers for a number, none is given. Ranges are 95% confidence intervals.
    """
    from curation.review.quality import quality
    from curation.store import Store

    found = quality(Store(workspace))
    if json:
        print_json(found.model_dump(mode="json"))
        return
    out = console()
    if not found.pace:
        out.print("No reviews yet.")
        return
    for title, question in (("Verdicts", found.verdicts), ("Error categories", found.categories)):
        out.print(heading(title))
        _print_question(out, question)
    out.print(
        f"Alpha from {_RELIABLE} on is reliable, from {_TENTATIVE} good enough for tentative conclusions.", style="dim"
    )
    _print_gold(out, found)
    _print_suggestions(out, found)
    _print_pace(out, found)
    for row in found.unusable:
        out.print(data(f"{row.answers:,} answers of {row.reviewer} cannot count: {row.reason}", "yellow"))


def _print_question(out: "Console", question: "QuestionAgreement") -> None:
    table = _table("", "candidates", "agree", "", "alpha", "")
    _add(table, [question.overall])
    for title, groups in (
        ("by source", question.sources if len(question.sources) > 1 else ()),
        ("by kind of formula", question.formulas if len(question.formulas) > 1 else ()),
        ("each with the others", question.reviewers),
        (f"by {question.period}", question.periods),
    ):
        measured = [group for group in groups if group.agreeing is not None]
        if measured:
            table.add_row(Text(title, "dim"))
            _add(table, measured)
        if left_out := len(groups) - len(measured):
            table.add_row(Text(f"{title}: {left_out} with too few", "dim"))
    out.print(table)
    if question.overall.agreeing is None:
        out.print(question.overall.note, style="dim")


def _add(table: Table, groups: Iterable["Agreement"]) -> None:
    for group in groups:
        agreeing = "-" if group.agreeing is None else f"{group.agreeing:.1%}"
        table.add_row(
            data(group.group),
            f"{group.candidates:,}",
            agreeing,
            _percent(group.agreeing_interval),
            _alpha(group.alpha),
            "" if group.alpha_interval is None else "{:.2f} to {:.2f}".format(*group.alpha_interval),
        )


def _alpha(alpha: float | None) -> Text:
    if alpha is None:
        return Text("-")
    style = "green" if alpha >= _RELIABLE else "yellow" if alpha >= _TENTATIVE else "red"
    return Text(f"{alpha:.2f}", style)


def _print_gold(out: "Console", found: "Quality") -> None:
    if not found.gold:
        return
    out.print(heading("Gold questions"))
    table = _table("", "answers", "right verdict", "", "right or wrong", "", "category")
    for row in found.gold:
        table.add_row(
            data(row.reviewer),
            f"{row.answers:,}",
            f"{row.exact / row.answers:.0%}",
            _percent(row.exact_interval),
            f"{row.two_way / row.answers:.0%}",
            _percent(row.two_way_interval),
            f"{row.category_right:,} of {row.category_answers:,}",
        )
    out.print(table)


def _print_suggestions(out: "Console", found: "Quality") -> None:
    if not found.suggestions:
        return
    out.print(heading("Suggestions"))
    table = _table("", "shown", "answered so", "", "p")
    for row in found.suggestions:
        p_value = "-" if row.p_value is None else _p_value(row.p_value)
        followed = f"{row.followed:,}", f"{row.followed / row.shown:.0%}"
        table.add_row(data(row.reviewer), f"{row.shown:,}", *followed, p_value)
    out.print(table)
    blind, right = found.suggestions[0].blind, found.suggestions[0].right
    if blind:
        out.print(f"Held back, they are right for {right:,} of {blind:,}: {right / blind:.0%}.", style="dim")
    for line in _stamps(found):
        out.print(data(line, "yellow"))


def _stamps(found: "Quality") -> Iterator[str]:
    """A warning of each reviewer who seems to take suggestions unread."""
    pace = {row.reviewer: row for row in found.pace}
    for row in found.suggestions:
        if row.rubber_stamps:
            line = (
                f"{row.reviewer} answers as suggested more often than suggestions are right: {row.followed:,} of "
                f"{row.shown:,}"
            )
            taken = pace.get(row.reviewer)
            yield line + (f", at a median of {taken.median_s:.0f} s a review" if taken and taken.timed else "")


def _p_value(p_value: float) -> str:
    return f"{p_value:.3f}" if p_value >= 0.001 else "< 0.001"


def _print_pace(out: "Console", found: "Quality") -> None:
    out.print(heading("Time of a review"))
    table = _table("", "answers", "timed", "median", "slowest tenth")
    for row in found.pace:
        times = ("-" if each is None else f"{each:,.0f} s" for each in (row.median_s, row.slow_s))
        table.add_row(data(row.reviewer), f"{row.answers:,}", f"{row.timed:,}", *times)
    out.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(columns[0], no_wrap=True, max_width=_NAME_WIDTH)
    for name in columns[1:]:
        table.add_column(name, justify="right")
    return table


def _percent(interval: "Interval | None") -> str:
    return "" if interval is None else "{:.0%} to {:.0%}".format(*interval)
