r"""Text made fit for the web page: money stays money, mathematics is typeset, and nothing else is markup.

The page shows Markdown with KaTeX. There a `$` opens mathematics wherever it may, `\(` and `\[` do nothing, and inline
mathematics wants a space before it and a space or one of `? ! . , :` behind it; otherwise it swallows what follows.
Addresses become links, also those that no sign marks as such, and each line of the text is a line of the page.
"""

import re
from collections.abc import Iterable

from generation.wordings.fobar import mathematics
from schemas.problem import Notation

THIN = "\u2009"
"""A thin space: as white space to the page's rules, and hardly seen."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&$@]|(?<=:)/(?=/)|(?<=www)\.", re.I)
_LINE_MARK = re.compile(r"(?m)^(?:[-+=:]|[0-9]{1,9}[.)](?=\s|$))")
_INDENT = re.compile(r"(?m)^[ \t]+")
_BEHIND = re.compile(r"[\s?!.,:]|\Z")
_FORMULA, _DISPLAY = re.compile(r"(?:\\.|[^\\$])+"), re.compile(r"(?:\\.|[^\\])+")
"""What KaTeX gets whole: no dollar sign ends it early, and no backslash takes its end away."""
_DRAWING = re.compile(r"\[asy\](.*?)\[/asy\]", re.S)
_OPEN, _CLOSE, _PLACE = "\ue000", "\ue001", "\ue002"
_CONTROL = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069{_OPEN}{_CLOSE}{_PLACE}]"
)


def markdown(text: str, notation: Notation, marked: tuple[int, int] | None = None) -> str:
    """The text as Markdown that shows it as it stands, its mathematics typeset where the notation is `latex`.

    What stands from the first to the second place of `marked` is highlighted; it must not be a part of mathematics.
    """
    text = clean(text)
    if marked is not None:
        start, end = marked
        text = f"{text[:start]}{_OPEN}{text[start:end]}{_CLOSE}{text[end:]}"
    shown = _with_drawings(text) if notation == "latex" else _escaped(text)
    return shown.replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")


def prose(text: str) -> str:
    """The text as Markdown that shows it as it stands: `$5` is money, `2*3*4` no emphasis, `<b>` no tag."""
    return _escaped(clean(text))


def inline(latex: str) -> str:
    """LaTeX as inline mathematics, for a place with white space around it; as prose where the page cannot take it."""
    line = _one_line(latex)
    return f"${line}$" if _FORMULA.fullmatch(line) else prose(line)


def woven(text: str, formulas: Iterable[tuple[int, int, str]]) -> str:
    """Prose in which each formula, LaTeX with the place of what it replaces, stands as inline mathematics."""
    return _woven(clean(text), formulas)


def clean(text: str) -> str:
    """The text, of the same length, with signs in the place of characters that are not seen, or turn others round."""
    return _CONTROL.sub("\ufffd", text)


def _escaped(text: str) -> str:
    text = _INDENT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINE_MARK.sub(lambda mark: f"{mark[0][:-1]}\\{mark[0][-1]}", _SPECIAL.sub(r"\\\g<0>", text))


def _woven(text: str, formulas: Iterable[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    typeset: list[str] = []
    end = 0
    for start, stop, latex in formulas:
        gap = "" if text[end:start].endswith((" ", "\n")) or not (parts or start) else " "
        parts += (text[end:start], gap, _PLACE, "" if _BEHIND.match(text, stop) else THIN)
        typeset.append(inline(latex))
        end = stop
    pieces = _escaped("".join((*parts, text[end:]))).split(_PLACE)
    return pieces[0] + "".join(f"{formula}{piece}" for formula, piece in zip(typeset, pieces[1:], strict=True))


def _code(text: str) -> str:
    """The text in a block of its own, letter for letter."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"\n\n{fence}\n{text.strip()}\n{fence}\n\n"


def _with_drawings(text: str) -> str:
    """A LaTeX text, its drawings as the code that they are."""
    parts: list[str] = []
    end = 0
    for drawing in _DRAWING.finditer(text):
        parts += (_typeset(text[end : drawing.start()]), _code(drawing[1]))
        end = drawing.end()
    return "".join((*parts, _typeset(text[end:])))


def _typeset(text: str) -> str:
    """Prose with the mathematics that a LaTeX text has in it."""
    parts: list[str] = []
    plain: list[str] = []
    formulas: list[tuple[int, int, str]] = []
    length = end = 0
    for start, stop in mathematics(text):
        latex, display = _inside(text[start:stop])
        between = _dollars(text[end:start])
        plain.append(between)
        length += len(between)
        if display:
            parts += (_woven("".join(plain), formulas), _displayed(latex))
            plain, formulas, length = [], [], 0
        else:
            plain.append("?")
            formulas.append((length, length + 1, latex))
            length += 1
        end = stop
    return "".join((*parts, _woven("".join((*plain, _dollars(text[end:]))), formulas)))


def _dollars(text: str) -> str:
    """Prose of a LaTeX text with its escaped signs as they are read: `\\$5` is $5, `20\\%` is 20%."""
    return re.sub(r"\\([$%&#_{}])", r"\1", text)


def _inside(mathematics: str) -> tuple[str, bool]:
    """What stands between the signs of mathematics, and whether it is displayed."""
    if mathematics.startswith("$$"):
        return _one_line(mathematics[2:-2]), True
    if mathematics.startswith("$"):
        return mathematics[1:-1], False
    return _one_line(re.sub(r"\A\\[(\[]|\\[)\]]\Z", "", mathematics)), mathematics.startswith("\\[")


def _displayed(latex: str) -> str:
    return f"\n\n$$\n{latex}\n$$\n\n" if _DISPLAY.fullmatch(latex) else f"\n\n{prose(latex)}\n\n"


def _one_line(latex: str) -> str:
    return " ".join(latex.split())
