"""The plots of the report. None needs its colours: parts have labels, or marks of their own, beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from curation.report.canvas import ACCENT, ACCEPT, INK, LINE, MUTED, PAPER, REJECT, REVIEW, canvas, fitted, width_of
from curation.report.distributions import Group
from curation.report.figure import Figure
from curation.report.figures import Outcomes
from curation.report.text import short
from curation.review.interval import Interval
from curation.review.precision import Precision
from curation.review.workload import StageLoad
from schemas.model import Model
from schemas.release import AuditedPrecision

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from curation.report.releases import Holding

WIDTH = 350
"""Pixels: readable on a telephone, and three stand side by side on a desk."""

_ROW = 24
_NAME_LINE = 16
_BAR = 14
_GAP = 10
_SIZE, _SMALL = 12, 11
_WIDEST_NAME = 150

Colour = str
DECISIONS: tuple[tuple[str, Colour, str], ...] = (
    ("accepted", ACCEPT, ""),
    ("review", REVIEW, "///"),
    ("rejected", REJECT, "xx"),
)
"""Name, colour and hatching of each part of a bar, so that the parts differ in print without colours as well."""


class Bar(NamedTuple):
    """A name, its parts from left to right, and what stands at its end."""

    name: str
    parts: tuple[float, ...]
    end: str


class Estimate(NamedTuple):
    """A name, a value and its interval (None: nothing is known), and what stands at its end."""

    name: str
    value: float | None
    interval: Interval | None
    end: str


def groups(figure: Figure[Group]) -> Markup:
    """How many candidates are in each group, by decision."""
    bars = [
        Bar(row.name, (row.accepted, row.review, row.rejected), f"{row.accepted + row.review + row.rejected:,}")
        for row in figure.rows
    ]
    return _bars(figure, bars, [(colour, hatch) for _, colour, hatch in DECISIONS], "accepted, in review, rejected")


def outcomes(figure: Figure[Outcomes]) -> Markup:
    """The share of candidates that each check passed, left open and failed."""
    bars = [Bar(row.check_name, (row.passed, row.undecided, row.failed), _share_passed(row)) for row in figure.rows]
    return _bars(figure, bars, [(colour, hatch) for _, colour, hatch in DECISIONS], "passed, undecided, failed")


def stages(figure: Figure[StageLoad]) -> Markup:
    """How much of each stage of review is decided, answered and not answered."""
    bars = [
        Bar(
            row.stage,
            (row.decided, max(row.sent - row.unanswered - row.decided, 0), row.unanswered),
            f"{row.decided:,} of {row.sent:,}",
        )
        for row in figure.rows
    ]
    colours = [(ACCEPT, ""), (REVIEW, "///"), (LINE, "")]
    return _bars(figure, bars, colours, "decided, answered and not decided yet, not answered")


def holdings(figure: "Figure[Holding]") -> Markup:
    """How many rows each config of a release has, by split."""
    bars = [
        Bar(row.config, (row.train, row.validation, row.test), f"{row.train + row.validation + row.test:,}")
        for row in figure.rows
    ]
    return _bars(figure, bars, [(ACCENT, ""), (REVIEW, "///"), (INK, "xx")], "train, validation, test")


def precisions(figure: Figure[Precision] | Figure[AuditedPrecision], *more: Precision) -> Markup:
    """The share that audits found right of each source and kind of formula, and of `more`, with its interval.

    The scale begins where what is nearly right can be told from what is right.
    """
    shown = [
        Estimate(
            "all" if row.source == row.formula == "all" else f"{short(row.source, 14)} {row.formula}",
            row.right / row.audited if row.audited else None,
            (row.low, row.high),
            f"{row.right:,} of {row.audited:,}",
        )
        for row in (*figure.rows[:12], *more)
    ]
    lowest = min((row.low for row in figure.rows), default=0.0)
    return estimates(figure, shown, next(start for start in (0.9, 0.8, 0.6, 0.2, 0.0) if start <= lowest), 1)


def amounts(figure: Figure[Model], named: Sequence[tuple[str, float, str]]) -> Markup:
    """One bar for each name, as long as its value, with a text at its end."""
    return _bars(figure, [Bar(name, (value,), end) for name, value, end in named], [(ACCENT, "")], "")


def shares(
    figure: Figure[Model], bars: Sequence[Bar], names: Sequence[str], looks: Sequence[tuple[Colour, str]]
) -> Markup:
    """Bars of the parts of those names, in the order of the looks, and below them which look is which part."""
    legend = [names[at : at + 2] for at in range(0, len(names), 2)]
    return _bars(figure, bars, looks, ", ".join(names), legend)


def percentages(figure: Figure[Model], rows: Sequence[Estimate], *, above: bool = False) -> Markup:
    """`estimates` of shares between 0 and 1, on a scale in per cent."""
    return estimates(figure, [_percent(row) for row in rows], 0, 100, above=above)


def differences(figure: Figure[Model], rows: Sequence[Estimate]) -> Markup:
    """`estimates` of differences of shares, in percentage points; 0 is in the middle, and there is room for all."""
    reach = max((abs(each) for row in rows for each in (row.value or 0.0, *(row.interval or ()))), default=0.0)
    most = next((limit for limit in (10, 20, 40, 60) if 100 * reach <= limit), 100)
    return estimates(figure, [_percent(row) for row in rows], -most, most, above=True)


def _percent(row: Estimate) -> Estimate:
    return row._replace(
        value=None if row.value is None else 100 * row.value,
        interval=None if row.interval is None else (100 * row.interval[0], 100 * row.interval[1]),
    )


def estimates(
    figure: Figure[Model], rows: Sequence[Estimate], lowest: float, highest: float, *, above: bool = False
) -> Markup:
    """A point and its interval for each row, on a scale from `lowest` to `highest`.

    With `above`, a name has the line above its row to itself: for names that are long.
    """
    left, right = _edges([] if above else [row.name for row in rows], [row.end for row in rows])
    left += _GAP if above else 0
    pitch = _ROW + _NAME_LINE if above else _ROW
    told = "; ".join(f"{row.name}: {row.end}" for row in rows)
    height = pitch * len(rows) + _ROW + 4
    span = highest - lowest

    def place(value: float) -> float:
        return left + (right - left) * (min(max(value, lowest), highest) - lowest) / span

    with canvas(figure.key, WIDTH, height, figure.title, short(told, 600)) as drawn:
        for tick in range(5):
            value = lowest + span * tick / 4
            zero = lowest < 0 and not value
            drawn.axes.plot([place(value)] * 2, [0, height - _ROW], color=MUTED if zero else LINE, linewidth=1)
            drawn.axes.text(place(value), height - 6, f"{value:.3g}", size=_SMALL, color=MUTED, ha="center")
        for number, row in enumerate(rows):
            middle = pitch * (number + 1) - _ROW / 2
            _name_of(drawn.axes, left, middle, row.name, above=above)
            if row.interval is not None and row.value is not None:
                drawn.axes.plot(list(map(place, row.interval)), [middle, middle], color=ACCENT, linewidth=3)
            if row.value is not None:
                drawn.axes.plot(
                    [place(row.value)], [middle], "o", markersize=9, color=INK, markeredgecolor=PAPER, markeredgewidth=2
                )
            drawn.axes.text(right + _GAP, middle, row.end, va="center_baseline", color=MUTED, size=_SMALL)
    return drawn.svg


def _bars(
    figure: Figure[Model],
    bars: Sequence[Bar],
    looks: Sequence[tuple[Colour, str]],
    parts: str,
    legend: Sequence[Sequence[str]] = (),
) -> Markup:
    """Bars that lie one below the other; the longest takes all the room. A row of the legend names two parts;
    where there is one, names stand above their bars."""
    from matplotlib.patches import Rectangle

    above = bool(legend)
    left, right = _edges([] if above else [bar.name for bar in bars], [bar.end for bar in bars])
    pitch = _ROW + _NAME_LINE if above else _ROW
    longest = max((sum(bar.parts) for bar in bars), default=0) or 1
    told = "; ".join(f"{bar.name}: {', '.join(f'{part:,g}' for part in bar.parts)}" for bar in bars)
    text = short(f"{parts}. {told}" if parts else told, 600)
    height = pitch * max(len(bars), 1)
    with canvas(figure.key, WIDTH, height + 2 + _ROW * len(legend), figure.title, text) as drawn:
        for row, names in enumerate(legend):
            for column, name in enumerate(names):
                at, below = column * WIDTH / 2, height + _ROW * row + 8
                colour, hatch = looks[2 * row + column]
                drawn.axes.add_patch(Rectangle((at, below), 18, 11, facecolor=colour, linewidth=0, hatch=hatch or None))
                drawn.axes.text(at + 24, below + 6, name, va="center_baseline", color=INK, size=_SMALL)
        for number, bar in enumerate(bars):
            top = pitch * (number + 1) - (_ROW + _BAR) / 2
            _name_of(drawn.axes, left, top + _BAR / 2, bar.name, above=above)
            edge = float(left)
            for part, (colour, hatch) in zip(bar.parts, looks, strict=True):
                length = (right - left) * part / longest
                if length:
                    drawn.axes.add_patch(
                        Rectangle((edge, top), length, _BAR, facecolor=colour, linewidth=0, hatch=hatch or None)
                    )
                edge += length
            drawn.axes.text(edge + 6, top + _BAR / 2, bar.end, va="center_baseline", color=MUTED, size=_SMALL)
    return drawn.svg


def _name_of(axes: "Axes", left: float, middle: float, name: str, *, above: bool) -> None:
    """The name, left of its row, or on the line above it."""
    if above:
        text = fitted(name, _SIZE, WIDTH - 4)
        axes.text(2, middle - _NAME_LINE, text, va="center_baseline", color=INK, size=_SIZE)
        return
    text = fitted(name, _SIZE, _WIDEST_NAME)
    axes.text(left - _GAP, middle, text, ha="right", va="center_baseline", color=INK, size=_SIZE)


def _edges(names: Sequence[str], ends: Sequence[str]) -> tuple[float, float]:
    """Where bars begin and end, so that there is room for the names before them and the texts behind."""
    left = max((width_of(fitted(name, _SIZE, _WIDEST_NAME), _SIZE) for name in names), default=0) + _GAP + 2
    return left, WIDTH - max((width_of(end, _SMALL) for end in ends), default=0) - _GAP - 2


def _share_passed(row: Outcomes) -> str:
    return f"{row.passed / max(row.passed + row.undecided + row.failed, 1):.0%}"
