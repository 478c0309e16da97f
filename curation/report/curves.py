"""Curves of the report: several runs in the same axes, each named at the end of its line."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from curation.report.canvas import ACCENT, ACCEPT, INK, LINE, MUTED, REJECT, REVIEW, canvas, fitted, width_of
from curation.report.figure import Figure
from curation.report.plots import WIDTH, Colour
from curation.report.text import short
from schemas.model import Model

_HEIGHT, _TOP, _BOTTOM = 190, 10, 26
_SMALL = 11
_APART = 14
_WIDEST_NAME = 92
_SWATCH = 18
_MOST_POINTS = 240

Dashes = str | tuple[int, tuple[int, ...]]

_LOOKS: tuple[tuple[Colour, Dashes], ...] = (
    (ACCENT, "-"),
    (REJECT, "--"),
    (ACCEPT, "-."),
    (REVIEW, ":"),
    (INK, (0, (5, 1, 1, 1, 1, 1))),
    (MUTED, "-"),
)
"""Colour and dashes of each line, so that they differ in print without colours as well."""
MOST_LINES = len(_LOOKS)


class Curve(NamedTuple):
    """A name, and points from left to right; `marked` curves have a dot at each point."""

    name: str
    points: tuple[tuple[float, float], ...]
    marked: bool = False


def curves(figure: Figure[Model], drawn_curves: Sequence[Curve], across: str, *, diagonal: bool = False) -> Markup:
    """The curves on one scale; `across` says what goes from left to right. `diagonal`: both scales are 0 to 1."""
    shown = [curve for curve in drawn_curves if curve.points][:MOST_LINES]
    points = [point for curve in shown for point in curve.points] or [(0.0, 0.0)]
    xs, ys = ((0.0, 1.0), (0.0, 1.0)) if diagonal else (_span([x for x, _ in points]), _span([y for _, y in points]))
    ticks = [ys[0] + (ys[1] - ys[0]) * part / 2 for part in range(3)]
    left = max(width_of(f"{tick:.3g}", _SMALL) for tick in ticks) + 8
    names = [fitted(curve.name, _SMALL, _WIDEST_NAME) for curve in shown]
    right = WIDTH - max((width_of(name, _SMALL) for name in names), default=0) - _SWATCH - 14

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            left + (right - left) * (x - xs[0]) / (xs[1] - xs[0]),
            _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * (y - ys[0]) / (ys[1] - ys[0]),
        )

    told = "; ".join(
        f"{curve.name}: from {curve.points[0][1]:.3g} at {curve.points[0][0]:,.4g} "
        f"to {curve.points[-1][1]:.3g} at {curve.points[-1][0]:,.4g}"
        for curve in shown
    )
    with canvas(figure.key, WIDTH, _HEIGHT, figure.title, short(told, 600)) as drawn:
        for tick in ticks:
            height = place(xs[0], tick)[1]
            drawn.axes.plot([left, right], [height, height], color=LINE, linewidth=1)
            drawn.axes.text(left - 6, height, f"{tick:.3g}", size=_SMALL, color=MUTED, ha="right", va="center_baseline")
        drawn.axes.text(left, _HEIGHT - 6, f"{xs[0]:,.4g}", size=_SMALL, color=MUTED)
        drawn.axes.text((left + right) / 2, _HEIGHT - 6, across, size=_SMALL, color=MUTED, ha="center")
        drawn.axes.text(right, _HEIGHT - 6, f"{xs[1]:,.4g}", size=_SMALL, color=MUTED, ha="right")
        if diagonal:
            drawn.axes.plot(*zip(place(0, 0), place(1, 1), strict=True), color=LINE, linewidth=1)
        ends = []
        for curve, (colour, dashes) in zip(shown, _LOOKS, strict=False):
            at = [place(*point) for point in _thinned(curve.points)]
            marker = "o" if curve.marked or len(at) == 1 else ""
            drawn.axes.plot(
                *zip(*at, strict=True), color=colour, linestyle=dashes, linewidth=2, marker=marker, markersize=5
            )
            ends.append(at[-1][1])
        for name, (colour, dashes), height in zip(names, _LOOKS, _spread(ends), strict=False):
            swatch = [right + 6, right + 6 + _SWATCH]
            drawn.axes.plot(swatch, [height, height], color=colour, linestyle=dashes, linewidth=2)
            drawn.axes.text(swatch[1] + 5, height, name, size=_SMALL, color=INK, va="center_baseline")
    return drawn.svg


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low > 1e-9 * max(abs(low), abs(high)):
        return low, high
    return (0.0, 1.0) if 0 <= low <= high <= 1 else (low - abs(low) * 0.05, high + abs(high) * 0.05)


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most so many points as there are pixels for: the means of neighbours, the first and the last as they are."""
    if len(points) <= _MOST_POINTS:
        return list(points)
    size = -(-len(points) // _MOST_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    means = [(sum(x for x, _ in each) / len(each), sum(y for _, y in each) / len(each)) for each in groups]
    return [points[0], *means[1:-1], points[-1]]


def _spread(heights: Sequence[float]) -> list[float]:
    """The heights moved apart, in their order, so that names at them do not cover each other."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = list(heights)
    for before, index in zip([None, *order], order, strict=False):
        placed[index] = max(placed[index], _TOP, placed[before] + _APART if before is not None else _TOP)
    excess = max((placed[order[-1]] if order else 0) - (_HEIGHT - _BOTTOM), 0)
    return [height - excess for height in placed]
