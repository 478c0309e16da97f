r"""Text made fit for the web page: money stays money, mathematics is typeset, and nothing else is markup.

The page shows Markdown with KaTeX. There a `$` opens mathematics wherever it may, `\(` and `\[` do nothing, and inline
mathematics wants a space before it and a space or one of `? ! . , :` behind it; otherwise it swallows what follows.
"""

import re
from collections.abc import Iterable

from generation.wordings.fobar import mathematics
from schemas.problem import Notation

THIN = "\u2009"
"""A thin space: as white space to the page's rules, and hardly seen."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&]")
_LINE_MARK = re.compile(r"(?m)^(\s*)([-+=]|\d{1,9}[.)])(?=\s|=|$)")
_INDENT = re.compile(r"(?<=\n)[ \t]+")
_BEHIND = re.compile(r"[\s?!.,:]|\Z")
_DRAWING = re.compile(r"\[asy\](.*?)\[/asy\]", re.S)
_OPEN, _CLOSE = "\ue000", "\ue001"
_CONTROL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069{_OPEN}{_CLOSE}]")


def markdown(text: str, notation: Notation, marked: tuple[int, int] | None = None) -> str:
    """The text as Markdown that shows it as it stands, its mathematics typeset where the notation is `latex`.

    What stands from the first to the second place of `marked` is highlighted; it must not be a part of mathematics.
    """
    text = _CONTROL.sub("\ufffd", text)
    if marked is not None:
        start, end = marked
        text = f"{text[:start]}{_OPEN}{text[start:end]}{_CLOSE}{text[end:]}"
    return _markdown(text, notation).replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")


def _markdown(text: str, notation: Notation) -> str:
    if notation != "latex":
        return prose(text)
    parts: list[str] = []
    end = 0
    for drawing in _DRAWING.finditer(text):
        parts += (_typeset(text[end : drawing.start()]), code(drawing[1]))
        end = drawing.end()
    return "".join((*parts, _typeset(text[end:])))


def prose(text: str) -> str:
    """The text as Markdown that shows it as it stands: `$5` is money, `2*3*4` no emphasis, `<b>` no tag."""
    text = _INDENT.sub("", _SPECIAL.sub(r"\\\g<0>", text)).replace("$", r"\$")
    text = _LINE_MARK.sub(lambda match: f"{match[1]}{match[2][:-1]}\\{match[2][-1]}", text)
    return text.replace("\n", "  \n")


def inline(latex: str) -> str:
    """LaTeX as inline mathematics, for a place with white space around it."""
    return f"${_one_line(latex)}$"


def code(text: str) -> str:
    """The text in a block of its own, letter for letter."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"\n\n{fence}\n{text.strip()}\n{fence}\n\n"


def woven(text: str, formulas: Iterable[tuple[int, int, str]]) -> str:
    """Prose in which each formula, LaTeX with the place of what it replaces, stands as inline mathematics."""
    parts: list[str] = []
    end = 0
    for start, stop, latex in formulas:
        before = prose(text[end:start])
        gap = " " if before and not before[-1].isspace() else ""
        parts += (before, gap, inline(latex), "" if _BEHIND.match(text, stop) else THIN)
        end = stop
    return "".join((*parts, prose(text[end:])))


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
            parts += (woven("".join(plain), formulas), f"\n\n$$\n{latex}\n$$\n\n")
            plain, formulas, length = [], [], 0
        else:
            plain.append("?")
            formulas.append((length, length + 1, latex))
            length += 1
        end = stop
    return "".join((*parts, woven("".join((*plain, _dollars(text[end:]))), formulas)))


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


def _one_line(latex: str) -> str:
    return " ".join(latex.split())
