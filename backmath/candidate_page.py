"""One candidate as a person wants to read it."""

import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backmath.terminal import MARKS, data, heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.listing import Shown
    from schemas.decision import Decision
    from schemas.sample import Sample

_INDENT = (0, 0, 0, 2)
_HIGHLIGHT = "bold black on yellow"


def print_candidate(out: Console, shown: "Shown") -> None:
    """The question with its condition highlighted, the backward question, equation, solution, checks and decision.

    Where models wrote something for it, that stands below the solution, right or wrong.
    """
    out.print(_title(shown))
    if shown.superseded:
        out.print("A later run derived this problem anew and did not make this candidate again.", style="yellow")
    _part(out, "Question", _question(out, shown))
    out.print(Padding(_facts(shown), _INDENT))
    _part(out, "Backward question", _backward_question(shown))
    out.print(Padding(data(f"Answer: {shown.candidate.answer}", "dim"), _INDENT))
    if shown.candidate.relation:
        _part(out, "Equation", data(shown.candidate.relation.equation, "bold"))
    if shown.candidate.solution:
        _part(out, "Solution", _solution(shown))
    if shown.samples:
        _part(out, "What models wrote", _samples(shown.samples))
    if shown.calls:
        _part(out, "Calls that this came from", _calls(shown))
    if shown.formula and shown.formula.numbers:
        _part(out, "Where the numbers of the original solution come from", _numbers(shown))
    _part(out, "Checks", _checks(shown))
    if shown.reviews:
        _part(out, "What reviewers said", _reviews(shown))
    if shown.holds:
        _part(out, "Decision", _decision(shown.holds))
    if shown.corrects:
        out.print(data(f"A reviewer's correction made it of {shown.corrects}.", "dim"))
    for candidate_id in shown.corrected_by:
        out.print(data(f"A reviewer's correction made {candidate_id} of it.", "dim"))


def print_doubt(out: Console, shown: "Shown") -> None:
    """What a person who has to decide needs first: the question with its condition, the equation, and the doubt."""
    out.print(Padding(_question(out, shown), _INDENT))
    if shown.candidate.relation:
        out.print(Padding(data(shown.candidate.relation.equation, "bold"), _INDENT))
    for reason in shown.holds.reasons if shown.holds else ():
        out.print(Padding(data(f"? {reason}", "yellow"), _INDENT))


def _part(out: Console, title: str, body: Text | Table) -> None:
    out.print(heading(title))
    out.print(Padding(body, _INDENT))


def _title(shown: "Shown") -> Text:
    problem = shown.problem
    text = Text.assemble(("Candidate ", "bold"), (shown.candidate_id, "bold"))
    if shown.holds:
        mark, style = MARKS[shown.holds.verdict]
        text.append(f"  {mark} {shown.holds.verdict}", f"bold {style}")
    origin = " · ".join((problem.source, problem.split, problem.licence, problem.origin))
    return text.append("\n").append_text(data(origin, "dim"))


def _question(out: Console, shown: "Shown") -> Text:
    question, condition = shown.problem.question, shown.candidate.condition
    opening, closing = ("", "") if out.color_system else ("«", "»")
    return Text.assemble(
        data(question[: condition.start]),
        opening,
        data(question[condition.start : condition.end], _HIGHLIGHT),
        closing,
        data(question[condition.end :]),
    )


def _facts(shown: "Shown") -> Text:
    condition = shown.candidate.condition
    value = "" if condition.text == condition.value else f" = {condition.value}"
    what = ", ".join(filter(None, (condition.kind.replace("_", " "), condition.unit)))
    return data(f"Answer: {shown.problem.answer}    Condition: {condition.text}{value} ({what})", "dim")


def _backward_question(shown: "Shown") -> Text:
    text = data(shown.candidate.question)
    if shown.candidate.relation:
        text.highlight_regex(rf"(?<![A-Za-z]){re.escape(shown.candidate.relation.unknown)}(?![A-Za-z])", "bold yellow")
    return text


def _solution(shown: "Shown") -> Table:
    proved = any(check.name == "steps_hold" and check.outcome == "pass" for check in shown.candidate.checks)
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(justify="right", style="dim")
    for number, step in enumerate(shown.candidate.solution, 1):
        mark, style = MARKS["pass" if proved else "undecided"] if step.equation else ("·", "dim")
        line = data(step.text)
        if step.equation and "=" not in step.text:
            line.append_text(data(f"   {step.equation}", "dim"))
        table.add_row(Text(mark, style), str(number), line)
    return table


def _samples(samples: "Sequence[Sample]") -> Table:
    """Each sample with its outcome and why, its steps below it, the broken one marked."""
    table = Table.grid(padding=(0, 1))
    for sample in samples:
        mark, style = MARKS[sample.outcome]
        text = Text(sample.purpose, "bold").append_text(data(f" by {sample.model}: {sample.reason}", "dim"))
        table.add_row(Text(mark, style), text)
        for number, step in enumerate(sample.steps):
            broken = number == sample.broken_step
            table.add_row(
                Text(MARKS["fail"][0] if broken else "·", MARKS["fail"][1] if broken else "dim"), data(step.text)
            )
    return table


def _calls(shown: "Shown") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for call in shown.calls:
        usd = "" if call.usd is None else f"${call.usd:.4f}"
        when = call.called_at.strftime("%Y-%m-%d %H:%M")
        table.add_row(Text(when, "dim"), call.purpose, data(call.model), call.outcome, usd, data(call.call_id, "dim"))
    return table


def _numbers(shown: "Shown") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for origin in dict.fromkeys(shown.formula.numbers) if shown.formula else ():
        known = origin.certain and origin.origin != "unexplained"
        mark, style = MARKS["pass" if known else "undecided"]
        table.add_row(Text(mark, style), data(origin.number), origin.origin, data(origin.reason, "dim"))
    return table


def _checks(shown: "Shown") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column()
    table.add_column(ratio=1)
    table.add_column(justify="right", style="dim", no_wrap=True)
    for check in shown.candidate.checks:
        mark, style = MARKS[check.outcome]
        took = f"{check.elapsed_ms:.0f} ms" if check.elapsed_ms >= 1 else ""
        table.add_row(Text(mark, style), check.name, data(check.reason), took)
    return table


def _reviews(shown: "Shown") -> Table:
    """Each event of an answer, oldest first, with all that it says."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for review in shown.reviews:
        said = " · ".join(filter(None, (review.verdict, review.category, review.comment)))
        text = data(said if review.event != "withdrawn" else "taken back")
        for name, value in (("question", review.corrected_question), ("answer", review.corrected_answer)):
            if value:
                text.append_text(data(f"\n{name}: {value}"))
        if review.wrong_steps:
            text.append(f"\nmarked: step {', '.join(str(step + 1) for step in review.wrong_steps)}")
        if review.unusable:
            text.append_text(data(f"\ncannot count: {review.unusable}", "yellow"))
        when = review.answered_at.strftime("%Y-%m-%d %H:%M")
        table.add_row(Text(when, "dim"), data(review.reviewer), Text(review.stage, "dim"), text)
    return table


def _decision(decision: "Decision") -> Text:
    mark, style = MARKS[decision.verdict]
    text = Text.assemble((f"{mark} {decision.verdict}", style), (f" by {decision.decided_by}, ", "dim"))
    text.append_text(data(decision.policy, "dim"))
    for reason in decision.reasons:
        text.append("\n").append_text(data(reason))
    return text
