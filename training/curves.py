"""The curves of a run: small ones for the terminal, and one figure for each measure in `plots/`."""

import re
import warnings
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from training.measures import Measure, measures
from training.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS, _ROWS = 32, 4
_SHOWN = ("loss", "reward", "right", "accuracy", "f1", "balanced_accuracy", "kl", "bad_steps", "finished")
"""What the terminal has room for."""
_MOST_SHOWN = 5

_STYLE = {
    "svg.fonttype": "none",  # text stays text
    "text.parse_math": False,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e0",
    "axes.axisbelow": True,
}
_TRAINING, _VALIDATION = "#2f6f9f", "#c2571a"


def terminal(run: Run) -> Table:
    """The curves of the most telling measures, each on a scale of its own, drawn with braille dots."""
    told = {each.name: each for each in measures(run.metrics()) if len(each.training) > 1 or len(each.validation) > 1}
    table = Table.grid(padding=(0, 1))
    for name in [name for name in _SHOWN if name in told][:_MOST_SHOWN]:
        table.add_row(Text(name, style="bold"), *_small(told[name]))
    return table


def _small(measure: Measure) -> tuple[Text, Text, Text]:
    """The scale of a curve, the curve, and where it began and ended."""
    import plotille

    points = [*measure.training, *measure.validation]
    steps, values = [step for step, _ in points], [value for _, value in points]
    low, high = min(values), max(values)
    margin = (high - low) * 0.02 or 1.0  # never a range of nothing
    canvas = plotille.Canvas(_COLUMNS, _ROWS, min(steps), low - margin, max(max(steps), min(steps) + 1), high + margin)
    for series in (measure.training, measure.validation):
        for (step, value), (next_step, next_value) in pairwise(series):
            canvas.line(step, value, next_step, next_value)
    told = (f"{high:.3g}", *[""] * (_ROWS - 2), f"{low:.3g}") if high > low else ("", f"{low:.3g}")
    scale = Text("\n".join(told), style="dim", justify="right")
    ends = [
        f"{name} {series[0][1]:.3g} → {series[-1][1]:.3g}"
        for name, series in (("training", measure.training), ("validation", measure.validation))
        if len(series) > 1
    ]
    return scale, Text(canvas.plot(), style="cyan"), Text("\n".join(ends))


def draw(run: Run) -> None:
    """Write `plots/NAME.svg` for each measure of which there are two values or more."""
    folder = run.folder / "plots"
    folder.mkdir(exist_ok=True)
    for measure in measures(run.metrics()):
        if len(measure.training) > 1 or len(measure.validation) > 1:
            _drawn(measure, run.record.name, folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', measure.name)}.svg")


def _drawn(measure: Measure, run: str, file: Path) -> None:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context({**_STYLE, "svg.hashsalt": measure.name}), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a glyph that matplotlib's own font lacks
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        _lines(axes, measure)
        axes.set_title(f"{measure.name.replace('_', ' ')} of {run}", loc="left")
        axes.set_xlabel("step of the optimizer")
        figure.savefig(file, metadata={"Date": None})


def _lines(axes: "Axes", measure: Measure) -> None:
    if measure.training:
        axes.plot(*zip(*measure.training, strict=True), color=_TRAINING, linewidth=1.5, label="training")
    if measure.validation:
        axes.plot(*zip(*measure.validation, strict=True), "o--", color=_VALIDATION, markersize=5, label="validation")
    if measure.training and measure.validation:
        axes.legend(frameon=False)
