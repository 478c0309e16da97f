"""Training and evaluation in the report: what runs took and reached, and how one does against another."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from markupsafe import Markup

from curation.report import plots
from curation.report.curves import MOST_LINES, Curve, curves
from curation.report.figure import Figure, called
from curation.report.runs import RunFiles, Runs
from curation.report.text import short
from curation.review.interval import Interval
from schemas.evaluation import Comparison, Estimate, SetResult
from schemas.model import Model
from schemas.training import Stage

_DOCS = "docs/report.md"
_MOST_ROWS = 12
"""Rows of a plot; the table below it has more."""
_MOST_COMPARISONS = 6

_Family = tuple[str, str, tuple[Stage, ...], tuple[str, ...]]

_FAMILIES: tuple[_Family, ...] = (
    ("policy", "PPO and GRPO", ("ppo", "grpo"), ("reward", "right", "kl", "length", "loss", "bad_steps")),
    ("sft", "SFT", ("sft",), ("loss", "eval_loss", "eval_mean_token_accuracy")),
    (
        "prm",
        "PRM and BackPRM",
        ("prm", "backprm"),
        ("loss", "eval_loss", "eval_step_accuracy", "eval_auc", "eval_first_error_f1"),
    ),
)
"""Stages whose curves share their axes, and the metrics that are drawn."""

_MEASURES = {
    "reward": "reward of a completion",
    "right": "share of answers that are right",
    "kl": "KL divergence from the reference, of a completion",
    "length": "length of a completion in tokens",
    "loss": "loss",
    "bad_steps": "share of steps that a guard refused",
    "eval_loss": "loss on the validation split",
    "eval_mean_token_accuracy": "token accuracy on the validation split",
    "eval_step_accuracy": "step accuracy on the validation split",
    "eval_auc": "AUC of steps on the validation split",
    "eval_first_error_f1": "first-error F1 on the validation split",
}


class TrainedRun(Model):
    """A run with its state, its data and its time; `skipped` says what was not used, and why."""

    run: str
    stage: str
    state: str
    base: str
    release: str | None
    used: str
    skipped: str
    minutes: float
    device: str
    started_at: datetime


class CurveRow(Model):
    """A metric of a run: how often it was measured, where it began and ended, the least and the most."""

    run: str
    metric: str
    points: int
    first: float
    last: float
    least: float
    most: float


class Measured(Model):
    """A share that an evaluation measured, with its 95% interval over `n` questions."""

    run: str
    set: str
    kind: str
    measure: str
    value: float
    low: float
    high: float
    n: int


class Compared(Model):
    """A measure of two runs on the same questions: `difference` is the first's minus the other's."""

    run: str
    other: str
    set: str
    kind: str
    measure: str
    difference: float
    low: float
    high: float
    p_value: float
    adjusted_p_value: float


class BinRow(Model):
    """Answers of like confidence: how many, their mean confidence, and the share that is right."""

    run: str
    set: str
    kind: str
    by: str
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Plotted:
    """A figure, and what draws it: a program that prints its rows has no need of the drawing."""

    figure: Figure[Model]
    draw: Callable[[], Markup]

    @property
    def plot(self) -> Markup:
        """The drawing."""
        return self.draw()


def trained(runs: Runs) -> Figure[TrainedRun]:
    """The runs, the newest first."""
    return called(
        tuple(_trained(each) for each in reversed(runs.of(None))),
        _program("trained", "trained(runs).rows"),
        key="runs",
        title="Runs",
        caption="Each folder of the workspace's runs, the newest first, but for the parts of comparisons. Rows that "
        "were used, and those that were not.",
        docs=_DOCS,
    )


def learning(runs: Runs) -> Iterator[Plotted]:
    """The curves of training: of each metric one figure, the newest runs of a family of stages in the same axes.

    Those of a comparison have figures of their own, of PPO and GRPO alone, and are named by arm and seed.
    """
    for family in _FAMILIES:
        yield from _family(family, {each.record.name: each for each in runs.of(None)}, "curve", "")
    compared = [each.record.name for each in reversed(runs.found) if each.record.stage == "compare"]
    for place, name in enumerate(compared):
        arms = {each.record.name.removeprefix(f"{name}-"): each for each in runs.of(name)}
        yield from _family(_FAMILIES[0], arms, f"curve-{place}", f"{short(name, 30)}, ")


def curve_rows(runs: Runs, key: str) -> tuple[Model, ...]:
    """The rows of one curve figure."""
    return next(each.figure.rows for each in learning(runs) if each.figure.key == key)


def _family(family: _Family, named: Mapping[str, RunFiles], key: str, title: str) -> Iterator[Plotted]:
    """A figure for each metric of a family of stages; its key and its title begin as told."""
    family_key, name, stages, metrics = family
    of = {run: each for run, each in named.items() if each.record.stage in stages and each.metrics}
    newest = _newest(of, stages)
    for metric in metrics:
        drawn = [Curve(run, points) for run, each in newest.items() if (points := _points(each, metric))]
        if any(len(curve.points) > 1 for curve in drawn):
            figure_key = f"{key}-{family_key}-{metric}".replace("_", "-")
            figure = called(
                tuple(_curve_row(curve, metric) for curve in drawn),
                _program("curve_rows", f'curve_rows(runs, "{figure_key}")'),
                key=figure_key,
                title=f"{title}{name}: {_MEASURES[metric]}",
                caption="As logged in metrics.jsonl, over the steps of the optimizer.",
                docs=_DOCS,
            )
            yield Plotted(figure, partial(curves, figure, drawn, "step"))


def evaluations(runs: Runs) -> Iterator[Plotted]:
    """What models reached: by set and kind of question, of both directions, of reward models, and calibration."""
    measured = tuple(_measured(runs))
    of = _grouped(measured)
    for place, ((set_, kind), rows) in enumerate(of.items()):
        right = tuple(row for row in rows if row.measure == "right")
        yield _dots(right, f"accuracy-{place}", f"Right: {short(set_, 30)}, {kind}", place, "accuracy")
    for place, ((set_, kind), rows) in enumerate(of.items()):
        chosen = tuple(row for row in rows if row.measure.startswith(("best", "majority", "any", "mean")))
        if chosen:
            yield _dots(chosen, f"best-{place}", f"One of k samples: {short(set_, 30)}, {kind}", place, "best")
    for number, (measures, title) in enumerate(_ACROSS):
        across = tuple(row for row in measured if row.measure in measures)
        if across:
            yield _dots(across, f"across-{number}", title, number, "across")
    yield from _calibrations(runs)


def measured_rows(runs: Runs, which: str, place: int) -> tuple[Model, ...]:
    """The rows of one figure of evaluation."""
    return next(each.figure.rows for each in evaluations(runs) if each.figure.key == f"{which}-{place}")


def comparisons(runs: Runs) -> Iterator[Plotted]:
    """What one run is ahead of another by on the same questions: a figure for each two, the newest first."""
    found: dict[tuple[str, str], list[Compared]] = {}
    for each in reversed(runs.of(None)):
        for of in each.evaluation.comparisons if each.evaluation else ():
            found.setdefault((each.record.name, of.other), []).append(_compared(each.record.name, of))
    for place, ((run, other), rows) in enumerate(islice(found.items(), _MOST_COMPARISONS)):
        figure = called(
            tuple(rows),
            _program("comparison_rows", f"comparison_rows(runs, {place})"),
            key=f"comparison-{place}",
            title=f"{short(run, 30)} against {short(other, 30)}",
            caption="Difference in percentage points on the same questions, with its 95% interval by bootstrap over "
            "problems, and p as Holm adjusts it for all comparisons of the run. Right of 0 the first run is ahead.",
            docs=_DOCS,
        )
        drawn = [
            difference(f"{row.measure}, {row.kind}, {row.set}", row.difference, (row.low, row.high), _p(row))
            for row in rows[:_MOST_ROWS]
        ]
        yield Plotted(figure, partial(plots.differences, figure, drawn))


def comparison_rows(runs: Runs, place: int) -> tuple[Model, ...]:
    """The rows of one figure of comparisons."""
    return next(islice(comparisons(runs), place, None)).figure.rows


def difference(name: str, value: float, interval: Interval, end: str) -> plots.Estimate:
    """A difference of two shares, in percentage points at its end."""
    return plots.Estimate(name, value, interval, f"{100 * value:+.1f}{end and f', {end}'}")


def _compared(run: str, of: Comparison) -> Compared:
    return Compared(
        run=run,
        other=of.other,
        set=of.set,
        kind=of.kind,
        measure=of.measure.replace("_", " "),
        difference=of.difference.value,
        low=of.difference.low,
        high=of.difference.high,
        p_value=of.p_value,
        adjusted_p_value=of.adjusted_p_value,
    )


def _program(name: str, call: str) -> str:
    return f"""
    from curation.report.runs import read_runs
    from curation.report.training import {name}

    runs = read_runs(store.folder)
    print(*{call}, sep="\\n")
    """


def _trained(files: RunFiles) -> TrainedRun:
    record = files.record
    return TrainedRun(
        run=record.name,
        stage=record.stage,
        state=record.state if not record.failure else f"{record.state}: {short(record.failure, 80)}",
        base=short(record.base, 80),
        release=record.release,
        used=", ".join(f"{rows:,} of {split}" for split, rows in record.used.items()),
        skipped="; ".join(f"{each.rows:,} of {each.split}: {each.reason}" for each in record.skipped),
        minutes=round(record.seconds / 60, 2),
        device=record.device,
        started_at=record.started_at,
    )


def _newest(of: Mapping[str, RunFiles], stages: Sequence[Stage]) -> dict[str, RunFiles]:
    """As many as there are looks of lines, the newest of each stage."""
    each = MOST_LINES // len(stages)
    chosen = {run for stage in stages for run in [run for run in of if of[run].record.stage == stage][-each:]}
    return {run: files for run, files in of.items() if run in chosen}


def _points(files: RunFiles, metric: str) -> tuple[tuple[float, float], ...]:
    return tuple((line["step"], line[metric]) for line in files.metrics if metric in line)


def _curve_row(curve: Curve, metric: str) -> CurveRow:
    values = [value for _, value in curve.points]
    return CurveRow(
        run=curve.name,
        metric=metric,
        points=len(values),
        first=values[0],
        last=values[-1],
        least=min(values),
        most=max(values),
    )


_ACROSS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("both directions right",), "Right backward, and its forward question too"),
    (("answered the original answer",), "Answered a backward question with the original answer"),
    (("calibration error",), "Calibration error"),
    (("first-error F1",), "First wrong step found: F1 on ProcessBench"),
    (("undecided",), "Undecided, answers that cannot be read among them"),
    (("no answer",), "No answer that can be read"),
)


def _measured(runs: Runs) -> Iterator[Measured]:
    for each in runs.of(None):
        if each.evaluation is None:
            continue
        for result in each.evaluation.results:
            for measure, found in _of_result(result):
                if found is not None:
                    yield _row(each.record.name, result.set, result.kind, measure, found)
        for errors in each.evaluation.first_errors:
            yield _row(each.record.name, errors.set, "", "first-error F1", errors.f1)


def _of_result(result: SetResult) -> Iterable[tuple[str, Estimate | None]]:
    yield "right", result.accuracy
    yield f"mean of {result.samples}", result.mean_of_samples
    for each in result.selected:
        name = {"majority": "majority", "oracle": "any"}.get(each.by, f"best by {each.by}")
        yield f"{name} of {result.samples}", each.accuracy
    yield "both directions right", result.both
    yield "answered the original answer", result.leaked
    yield "calibration error", result.calibration.error if result.calibration else None
    yield "undecided", result.undecided
    yield "no answer", result.no_answer


def _row(run: str, set_: str, kind: str, measure: str, found: Estimate) -> Measured:
    return Measured(
        run=run, set=set_, kind=kind, measure=measure, value=found.value, low=found.low, high=found.high, n=found.n
    )


def _grouped(rows: Sequence[Measured]) -> dict[tuple[str, str], list[Measured]]:
    found: dict[tuple[str, str], list[Measured]] = {}
    for row in rows:
        if row.measure == "right" or (row.set, row.kind) in found:
            found.setdefault((row.set, row.kind), []).append(row)
    return found


def _dots(rows: tuple[Measured, ...], key: str, title: str, place: int, which: str) -> Plotted:
    """Shares with their intervals, one row below the other; the newest runs where there is no room for all."""
    figure = called(
        rows,
        _program("measured_rows", f'measured_rows(runs, "{which}", {place})'),
        key=key,
        title=title,
        caption="Shares with 95% intervals by bootstrap over problems.",
        docs="docs/evaluation.md",
    )
    drawn = [
        plots.Estimate(_name(row, which), row.value, (row.low, row.high), f"{row.value:.1%}")
        for row in rows[-_MOST_ROWS:]
    ]
    return Plotted(figure, partial(plots.percentages, figure, drawn, above=True))


def _name(row: Measured, which: str) -> str:
    if which == "across":
        return ", ".join(filter(None, (row.run, row.set, row.kind)))
    return row.run if row.measure == "right" else f"{row.run}, {row.measure}"


def _calibrations(runs: Runs) -> Iterator[Plotted]:
    """Reliability diagrams: how often answers of like confidence are right."""
    of: dict[tuple[str, str], list[BinRow]] = {}
    for each in runs.of(None):
        for result in each.evaluation.results if each.evaluation else ():
            if result.calibration:
                of.setdefault((result.set, result.kind), []).extend(
                    BinRow(
                        run=each.record.name,
                        set=result.set,
                        kind=result.kind,
                        by=result.calibration.by.replace("_", " "),
                        n=bin_.n,
                        confidence=bin_.confidence,
                        accuracy=bin_.accuracy,
                    )
                    for bin_ in result.calibration.bins
                )
    for place, ((set_, kind), rows) in enumerate(of.items()):
        figure = called(
            tuple(rows),
            _program("measured_rows", f'measured_rows(runs, "calibration", {place})'),
            key=f"calibration-{place}",
            title=f"Calibration: {short(set_, 30)}, {kind}",
            caption="How often answers of like confidence are right; on the diagonal where as often as they should be.",
            docs="docs/evaluation.md",
        )
        names = list(dict.fromkeys(row.run for row in rows))[-MOST_LINES:]
        lines = [
            Curve(name, tuple((row.confidence, row.accuracy) for row in rows if row.run == name), marked=True)
            for name in names
        ]
        yield Plotted(figure, partial(curves, figure, lines, "confidence", diagonal=True))


def _p(row: Compared) -> str:
    return f"p {row.adjusted_p_value:.2g}" if row.adjusted_p_value >= 0.001 else "p < 0.001"
