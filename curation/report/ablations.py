"""Comparisons of trainings in the report: what each arm took, and how often it is right, beside the arm above."""

from collections.abc import Iterator
from functools import partial

from curation.report import plots
from curation.report.figure import Figure, called
from curation.report.runs import Runs
from curation.report.text import short
from curation.report.training import Plotted
from schemas.ablation import Ablation, Arm, ArmResult
from schemas.model import Model

_DOCS = "docs/training.md"


class TrainingRow(Model):
    """What one training of an arm took; the reward is the first and the last that was measured."""

    run: str
    arm: str
    seed: int
    steps: int
    solutions: int
    tokens: int
    seconds_a_step: float | None
    peak_memory_mib: float | None
    first_reward: float | None
    last_reward: float | None


class ArmRow(Model):
    """How often an arm is right, the mean over seeds with its 95% interval; `difference` is to the arm `above`."""

    run: str
    arm: str
    set: str
    kind: str
    right: float
    low: float
    high: float
    seeds: str
    above: str | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    adjusted_p_value: float | None


def trainings(runs: Runs) -> Figure[TrainingRow] | None:
    """What the arms of every comparison took, the newest first; None where there is no comparison."""
    found = tuple(
        TrainingRow(
            run=name,
            arm=arm.name,
            seed=each.seed,
            steps=each.steps,
            solutions=each.solutions,
            tokens=each.tokens,
            seconds_a_step=each.seconds_a_step,
            peak_memory_mib=None if each.peak_memory is None else each.peak_memory / 2**20,
            first_reward=each.reward[0] if each.reward else None,
            last_reward=each.reward[1] if each.reward else None,
        )
        for name, ablation in _ablations(runs)
        for arm in ablation.arms
        for each in arm.trained
        if each.run is not None
    )
    if not found:
        return None
    return called(
        found,
        _program("trainings", "trainings(runs).rows"),
        key="arms",
        title="What each arm of a comparison took",
        caption="Every arm learns from as many solutions. Time and memory are of the arm's last training.",
        docs=_DOCS,
    )


def accuracies(runs: Runs) -> Iterator[Plotted]:
    """How often the arms are right: a figure for each comparison, set and kind of question."""
    for place, rows in enumerate(_tables(runs)):
        figure = called(
            rows,
            _program("accuracy_rows", f"accuracy_rows(runs, {place})"),
            key=f"arms-{place}",
            title=f"{short(rows[0].run, 30)}: right, {short(rows[0].set, 30)}, {rows[0].kind}",
            caption="The mean over seeds, with 95% intervals by bootstrap over problems; in percentage points the "
            "difference to the arm above, and p as Holm adjusts it.",
            docs=_DOCS,
        )
        drawn = [plots.Estimate(row.arm, row.right, (row.low, row.high), _end(row)) for row in rows]
        yield Plotted(figure, partial(plots.percentages, figure, drawn, above=True))


def accuracy_rows(runs: Runs, place: int) -> tuple[ArmRow, ...]:
    """The rows of one figure."""
    return _tables(runs)[place]


def _tables(runs: Runs) -> list[tuple[ArmRow, ...]]:
    return [
        tuple(
            _row(name, arm, each)
            for arm in ablation.arms
            for each in arm.results
            if (each.set, each.kind) == (set_, kind)
        )
        for name, ablation in _ablations(runs)
        for set_, kind in dict.fromkeys((each.set, each.kind) for arm in ablation.arms for each in arm.results)
    ]


def _ablations(runs: Runs) -> list[tuple[str, Ablation]]:
    return [(each.record.name, each.ablation) for each in reversed(runs.found) if each.ablation]


def _row(name: str, arm: Arm, found: ArmResult) -> ArmRow:
    by = found.difference
    return ArmRow(
        run=name,
        arm=arm.name,
        set=found.set,
        kind=found.kind,
        right=found.accuracy.value,
        low=found.accuracy.low,
        high=found.accuracy.high,
        seeds=" ".join(f"{each:.1%}" for each in found.of_seeds),
        above=found.above,
        difference=by.value if by else None,
        difference_low=by.low if by else None,
        difference_high=by.high if by else None,
        adjusted_p_value=found.adjusted_p_value,
    )


def _end(row: ArmRow) -> str:
    if row.difference is None or row.adjusted_p_value is None:
        return f"{row.right:.1%}"
    return f"{row.right:.1%}, {100 * row.difference:+.1f}, p {row.adjusted_p_value:.2g}"


def _program(name: str, call: str) -> str:
    return f"""
    from curation.report.ablations import {name}
    from curation.report.runs import read_runs

    runs = read_runs(store.folder)
    print(*{call}, sep="\\n")
    """
