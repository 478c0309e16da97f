"""Failures in the report: slices, where one run helps and hurts, kinds of errors, and answers side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import get_args

from curation.report import plots
from curation.report.canvas import ACCENT, INK, MUTED, REJECT, REVIEW
from curation.report.figure import called
from curation.report.runs import Runs
from curation.report.training import Plotted, difference
from schemas.failures import Axis, ErrorKind, FailureAnalysis, SideBySide
from schemas.identity import content_id
from schemas.model import Model

_DOCS = "docs/failure-analysis.md"
_MOST_RUNS = 3
_LEAST_EFFECTS, _MOST_SLICES, _MOST_EXAMPLES = 12, 24, 24
_LOOKS: dict[ErrorKind, tuple[str, str]] = {
    "no_answer": (MUTED, ""),
    "undecided": (REVIEW, ""),
    "copied_original": (ACCENT, ""),
    "arithmetic": (REJECT, ""),
    "irrelevant_condition": (ACCENT, "///"),
    "wrong_relation": (REJECT, "xx"),
    "no_calculation": (INK, ""),
}
_NAMES: dict[Axis, str] = {
    "steps": "Steps of the reference",
    "operations": "Operations of the reference",
    "largest_number": "Largest number of the question",
    "condition_kind": "Kind of the hidden condition",
    "condition_position": "Where the hidden condition stands",
    "topic": "Topic",
    "level": "Level",
    "answer_type": "Type of the answer",
}


class SliceRow(Model):
    """The accuracy of a slice with its 95% interval."""

    set: str
    kind: str
    axis: str
    slice: str
    questions: int
    accuracy: float
    low: float
    high: float


class EffectRow(Model):
    """What the run does to a slice, against another one; `beyond` is how far that is above the rest of its set."""

    verdict: str
    set: str
    kind: str
    axis: str
    slice: str
    other: str
    problems: int
    difference: float
    low: float
    high: float
    beyond: float | None
    p_value: float
    adjusted_p_value: float


class ErrorRow(Model):
    """Answers that go wrong in one way."""

    run: str
    set: str
    kind: str
    error: str
    answers: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Analysed:
    """The analysis of one run as the report shows it."""

    run: str
    others: tuple[str, ...]
    note: str
    plotted: tuple[Plotted, ...]
    examples: tuple[SideBySide, ...]


def analyses(runs: Runs) -> tuple[Analysed, ...]:
    """Those of the newest runs that have one, the newest first."""
    found = [each.failures.model_copy(update={"run": each.record.name}) for each in runs.found if each.failures]
    return tuple(_analysed(each) for each in reversed(found[-_MOST_RUNS:]))


def failure_rows(runs: Runs, key: str) -> tuple[Model, ...]:
    """The rows of one figure of the analyses."""
    return next(plotted.figure.rows for each in analyses(runs) for plotted in each.plotted if plotted.figure.key == key)


def _analysed(analysis: FailureAnalysis) -> Analysed:
    note = (
        f"Of greedy answers. Slices of fewer than {analysis.least_problems} problems are left out"
        f"{f': {analysis.small_slices} of them' if analysis.small_slices else ''}."
    )
    drawn = tuple(each for each in _figures(analysis) if each.figure.rows)
    return Analysed(analysis.run, analysis.others, note, drawn, analysis.examples[:_MOST_EXAMPLES])


def _figures(analysis: FailureAnalysis) -> Iterator[Plotted]:
    yield _effects(analysis)
    yield _errors(analysis)
    for axis in get_args(Axis):
        yield _slices(analysis, axis)


def _effects(analysis: FailureAnalysis) -> Plotted:
    """The clear effects first, then by p."""
    ordered = sorted(
        analysis.effects, key=lambda each: (each.verdict == "not_told", each.p_value, each.axis, each.name)
    )
    rows = tuple(
        EffectRow(
            verdict=each.verdict.replace("_", " "),
            set=each.set,
            kind=each.kind,
            axis=each.axis.replace("_", " "),
            slice=each.name,
            other=each.other,
            problems=each.problems,
            difference=each.difference.value,
            low=each.difference.low,
            high=each.difference.high,
            beyond=each.beyond.value if each.beyond else None,
            p_value=each.p_value,
            adjusted_p_value=each.adjusted_p_value,
        )
        for each in ordered
    )
    figure = called(
        rows,
        _program(f"effects-{_id(analysis.run)}"),
        key=f"effects-{_id(analysis.run)}",
        title="Where it helps, and where it hurts",
        caption="Difference in accuracy on the same questions, in percentage points, with its 95% interval. A slice is "
        f"said to be helped or hurt where p, which Holm adjusts for all {len(rows)} slices, is at most 5%.",
        docs=_DOCS,
    )
    drawn = [
        difference(
            f"{row.axis}: {row.slice}, {row.set}",
            row.difference,
            (row.low, row.high),
            "" if row.verdict == "not told" else row.verdict,
        )
        for row in rows
    ]
    clear = sum(row.verdict != "not told" for row in rows)
    return Plotted(figure, partial(plots.differences, figure, drawn[: max(clear, _LEAST_EFFECTS)]))


def _errors(analysis: FailureAnalysis) -> Plotted:
    rows = tuple(
        ErrorRow(
            run=each.run,
            set=each.set,
            kind=each.kind,
            error=each.error.replace("_", " "),
            answers=each.answers,
            share=each.share.value,
            low=each.share.low,
            high=each.share.high,
        )
        for each in analysis.errors
    )
    figure = called(
        rows,
        _program(f"errors-{_id(analysis.run)}"),
        key=f"errors-{_id(analysis.run)}",
        title="How wrong answers go wrong",
        caption="Share of all questions, by the first rule that holds. What is undecided may be right.",
        docs=_DOCS,
    )
    of: dict[tuple[str, str, str], dict[str, float]] = {}
    for each in analysis.errors:
        of.setdefault((each.set, each.kind, each.run), {})[each.error] = each.share.value
    bars = [
        plots.Bar(
            f"{run}, {set_}, {kind}",
            tuple(shares.get(kind_of, 0.0) for kind_of in _LOOKS),
            f"{sum(shares.values()):.0%}",
        )
        for (set_, kind, run), shares in of.items()
    ]
    names = [name.replace("_", " ") for name in _LOOKS]
    return Plotted(figure, partial(plots.shares, figure, bars[:12], names, list(_LOOKS.values())))


def _slices(analysis: FailureAnalysis, axis: Axis) -> Plotted:
    rows = tuple(
        SliceRow(
            set=each.set,
            kind=each.kind,
            axis=axis.replace("_", " "),
            slice=each.name,
            questions=each.accuracy.n,
            accuracy=each.accuracy.value,
            low=each.accuracy.low,
            high=each.accuracy.high,
        )
        for each in analysis.slices
        if each.axis == axis
    )
    key = f"slices-{_id(analysis.run)}-{axis.replace('_', '-')}"
    figure = called(
        rows,
        _program(key),
        key=key,
        title=f"Accuracy by {_NAMES[axis].lower()}",
        caption="Share of greedy answers that is right, with its 95% interval by bootstrap over problems.",
        docs=_DOCS,
    )
    several = len({(row.set, row.kind) for row in rows}) > 1
    drawn = [
        plots.Estimate(
            f"{row.slice}, {row.set}, {row.kind}" if several else row.slice,
            row.accuracy,
            (row.low, row.high),
            f"{row.accuracy:.0%} of {row.questions:,}",
        )
        for row in rows[:_MOST_SLICES]
    ]
    return Plotted(figure, partial(plots.percentages, figure, drawn, above=several))


def _program(key: str) -> str:
    return f"""
    from curation.report.failures import failure_rows
    from curation.report.runs import read_runs

    print(*failure_rows(read_runs(store.folder), "{key}"), sep="\\n")
    """


def _id(run: str) -> str:
    """The run's name as a part of an id and of a program: a hash where it is not plain."""
    return run if run.isascii() and run.replace("-", "").isalnum() else content_id("run", run)
