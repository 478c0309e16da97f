"""The picture of the funnel: bands that run from sources to decisions, and on to what held candidates back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from curation.report.canvas import ACCENT, ACCEPT, INK, MUTED, REJECT, REVIEW, canvas, fitted, width_of
from curation.report.figure import Figure
from curation.report.figures import Flow, Held
from curation.report.text import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOP, _BOTTOM, _SPACE, _NODE = 34, 8, 10, 8
"""Pixels: above and below the nodes, between two of them, and their width."""
_TWO_LINES, _ONE_LINE = 32, 16
"""What a label needs: a smaller node takes as much room."""
_MOST_SOURCES, _MOST_CAUSES = 6, 7
_DECIDED = {"accept": ("accepted", ACCEPT), "review": ("review", REVIEW), "reject": ("rejected", REJECT)}


@dataclass(frozen=True)
class _Shape:
    """Width and height, where the columns stand, and the size of its text."""

    key: str
    width: int
    height: int
    columns: tuple[int, int, int]
    size: int


_WIDE = _Shape("stream", 1060, 430, (0, 350, 530), 12)
_NARROW = _Shape("stream-narrow", 350, 520, (0, 110, 174), 11)


@dataclass
class _Node:
    """A part of a column: its name, its second line, where it stands, and down to where bands leave and reach it."""

    name: str
    said: str
    count: int
    colour: str
    room: int = _TWO_LINES
    top: float = 0.0
    height: float = 0.0
    left_at: float = 0.0
    right_at: float = 0.0

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def stream(flow: Figure[Flow], held: Figure[Held], meaning: Mapping[str, str]) -> tuple[Markup, Markup]:
    """The picture for a desk, and for a narrow screen, which leaves the checks' meaning to the table below it."""
    return _drawn(_WIDE, flow, held, meaning), _drawn(_NARROW, flow, held, {})


def _drawn(shape: _Shape, flow: Figure[Flow], held: Figure[Held], meaning: Mapping[str, str]) -> Markup:
    rows = list(_flows(flow.rows))
    causes = list(_causes(held.rows))
    sources = [_source(row, shape) for row in rows]
    counts = {name: sum(_counts(row)[name] for row in rows) for name in _DECIDED}
    decisions = {
        name: _Node(called, f"{counts[name]:,}", counts[name], colour)
        for name, (called, colour) in _DECIDED.items()
        if counts[name]
    }
    held_back = [_cause(cause, meaning) for cause in causes]
    columns = (sources, list(decisions.values()), held_back)
    _place(columns, shape.height)
    told = "; ".join(f"{name}: {count:,}" for name, count in counts.items())
    told += "".join(f"; {cause.decision} for {cause.check_name}: {cause.candidates:,}" for cause in causes)
    with canvas(shape.key, shape.width, shape.height, flow.title, short(told, 800)) as drawn:
        first, second, third = shape.columns
        for row, source in zip(rows, sources, strict=True):
            for name, node in decisions.items():
                _band(drawn.axes, source, node, _counts(row)[name], source.count, first, second)
        for cause, node in zip(causes, held_back, strict=True):
            origin = decisions[cause.decision]
            _band(drawn.axes, origin, node, cause.candidates, origin.count, second, third)
        titles = ("Hidden in turn", "Decided", "Held back by")
        for place, title, nodes in zip(shape.columns, titles, columns, strict=True):
            if nodes:
                drawn.axes.text(place, 16, title, color=MUTED, size=shape.size)
            for node in nodes:
                _label(drawn.axes, place, node, shape.size)
    return drawn.svg


def _counts(row: Flow) -> dict[str, int]:
    return {"accept": row.accepted, "review": row.review, "reject": row.rejected}


def _source(row: Flow, shape: _Shape) -> _Node:
    """The node of a flow; where there is no room for both, its formula is left to the table below."""
    room = shape.columns[1] - _NODE - 12
    name = f"{row.source} · {row.formula}" if row.formula else row.source
    if width_of(short(name), shape.size, "bold") > room:
        name = row.source
    said = f"{row.problems:,} problems"
    return _Node(fitted(name, shape.size, room, "bold"), said, sum(_counts(row).values()), ACCENT)


def _cause(row: Held, meaning: Mapping[str, str]) -> _Node:
    said = fitted(meaning.get(row.check_name, ""), 12, 290)
    return _Node(short(row.check_name, 24), said, row.candidates, _DECIDED[row.decision][1], _ONE_LINE)


def _flows(rows: Sequence[Flow]) -> Iterator[Flow]:
    """The largest flows, and all others as one."""
    fewer = rows[_MOST_SOURCES:]
    yield from (row for row in rows[:_MOST_SOURCES] if any(_counts(row).values()))
    if any(row.candidates for row in fewer):
        numbers = {
            name: sum(getattr(row, name) for row in fewer)
            for name in ("problems", "conditions", "candidates", "accepted", "review", "rejected")
        }
        yield Flow(source=f"{len(fewer):,} others", formula="", **numbers)


def _causes(rows: Sequence[Held]) -> Iterator[Held]:
    """The most frequent causes, those of a decision together, and all others of each decision as one."""
    for decision in ("review", "reject"):
        yield from (row for row in rows[:_MOST_CAUSES] if row.decision == decision)
        rest = [row for row in rows[_MOST_CAUSES:] if row.decision == decision]
        if len(rest) == 1:
            yield rest[0]
        elif rest:
            total = sum(row.candidates for row in rest)
            yield rest[0].model_copy(update={"check_name": f"{len(rest)} other reasons", "candidates": total})


def _place(columns: Sequence[Sequence[_Node]], height: int) -> None:
    """Give each node its place, on one scale for all of them, the last column at the bottom."""
    room = height - _TOP - _BOTTOM

    def taken(nodes: Sequence[_Node], scale: float) -> float:
        return sum(max(node.count * scale, node.room) for node in nodes) + _SPACE * (len(nodes) - 1)

    scale = room / max(sum(node.count for node in nodes) or 1 for nodes in columns)
    while scale > 1e-9 and any(taken(nodes, scale) > room for nodes in columns):
        scale *= 0.98
    for number, nodes in enumerate(columns):
        top = _TOP if number < 2 else height - _BOTTOM - taken(nodes, scale)
        for node in nodes:
            node.top, node.height = top, max(node.count * scale, node.room)
            node.left_at = node.right_at = top
            top += node.height + _SPACE


def _band(axes: "Axes", origin: _Node, target: _Node, count: int, of: int, left: float, right: float) -> None:
    """A band of so many candidates, in the colour of where it goes; on each side it takes its share of the node."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not count:
        return
    start, end = left + _NODE, right
    height, height_there = origin.height * count / of, target.height * count / target.count
    bend = (start + end) / 2
    top, there = origin.right_at, target.left_at
    points = [
        (start, top),
        *((bend, top), (bend, there), (end, there)),
        (end, there + height_there),
        *((bend, there + height_there), (bend, top + height), (start, top + height)),
        (start, top),
    ]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=target.colour, linewidth=0, alpha=0.24))
    origin.right_at += height
    target.left_at += height_there


def _label(axes: "Axes", place: float, node: _Node, size: int) -> None:
    """The node itself, and beside it what it is."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((place, node.top), _NODE, node.height, facecolor=node.colour, linewidth=0))
    at = place + _NODE + 8
    if node.room == _TWO_LINES:
        axes.text(at, node.middle - 4, node.name, color=INK, weight="bold", size=size)
        axes.text(at, node.middle + 12, node.said, color=INK, size=size)
        return
    axes.text(at, node.middle + 4, f"{node.count:,}  {node.name}", color=INK, size=size - 1)
    if node.said:
        axes.text(at + 215, node.middle + 4, node.said, color=MUTED, size=size)
