"""A drawing for the page: matplotlib's SVG, its size in pixels, its colours those of the page, light or dark.

Text stays text, and is never read as mathematics or markup. The same drawing gives the same bytes.
"""

import io
import re
import warnings
from bisect import bisect
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from curation.report.text import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("ink", "muted", "line", "paper", "accept", "review", "reject", "accent")
_STAND_INS = {name: f"#0a0b{number:02x}" for number, name in enumerate(_COLOURS)}
"""What is drawn with, and replaced by the page's colour of the name."""

INK, MUTED, LINE, PAPER, ACCEPT, REVIEW, REJECT, ACCENT = _STAND_INS.values()

_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": "sans-serif",
    "font.size": 12,
    "text.color": INK,
    "hatch.color": PAPER,
    "hatch.linewidth": 1.4,
}
_PIXELS_AN_INCH = 72
"""That of matplotlib's SVG."""


class Canvas:
    """Axes whose units are pixels from the upper left corner, and after the drawing its `svg`."""

    axes: "Axes"
    svg: Markup = Markup("")


@contextmanager
def canvas(name: str, width: float, height: float, title: str, text: str) -> Iterator[Canvas]:
    """Draw within the block; `title` and `text` say to those who do not see it what it shows."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    drawn = Canvas()
    with rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a glyph that matplotlib's own font lacks: the page has others
        figure = Figure(figsize=(width / _PIXELS_AN_INCH, height / _PIXELS_AN_INCH), dpi=_PIXELS_AN_INCH)
        FigureCanvasSVG(figure)
        drawn.axes = figure.add_axes((0, 0, 1, 1))
        drawn.axes.set_axis_off()
        drawn.axes.set(xlim=(0, width), ylim=(height, 0))
        yield drawn
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    drawn.svg = _inline(file.getvalue(), name, width, height, title, text)


@lru_cache(maxsize=4096)
def width_of(text: str, size: float, weight: str = "normal") -> float:
    """Pixels that a text takes on one line, in matplotlib's own font, which is wider than most."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def fitted(text: str, size: float, room: float, weight: str = "normal") -> str:
    """As much of a text as there is room for."""
    line = short(text)
    if width_of(line, size, weight) <= room:
        return line
    longest = bisect(range(2, len(line)), room, key=lambda length: width_of(short(text, length), size, weight))
    return short(text, longest + 1)


def _inline(svg: str, name: str, width: float, height: float, title: str, text: str) -> Markup:
    """What is within matplotlib's SVG, in one that the page can hold: no style of its own, no ids but those in use."""
    inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    inside = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", inside, flags=re.DOTALL)
    kept = set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", inside))
    inside = re.sub(r"<[^>]*>", lambda tag: _tag(tag[0], kept), inside)  # in text, `>` is written `&gt;`
    opening = Markup(
        '<svg class="plot" role="img" aria-labelledby="{0}-title {0}-text" viewBox="0 0 {1:g} {2:g}" width="{1:g}" '
        'height="{2:g}"><title id="{0}-title">{3}</title><desc id="{0}-text">{4}</desc>'
    ).format(name, width, height, title, text)
    return opening + Markup(re.sub(r"\n\s*", "\n", inside)) + Markup("</svg>")


def _tag(tag: str, kept: Collection[str]) -> str:
    """A tag without an id that nothing refers to, in the page's font and colours."""
    tag = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in kept else "", tag)
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
    for colour, stand_in in _STAND_INS.items():
        tag = tag.replace(stand_in, f"var(--{colour})")
    return tag
