r"""Text made fit for the web page: money stays money, mathematics is typeset, and nothing else is markup.

The page shows Markdown with KaTeX. There a `$` opens mathematics wherever it may, `\(` and `\[` do nothing, and inline
mathematics wants a space before it and a space or one of `? ! . , :` behind it; otherwise it swallows what follows.
"""

import re

from generation.wordings.fobar import mathematics
from schemas.problem import Notation

THIN = "\u2009"
"""A thin space: as white space to the page's rules, and hardly seen."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&]")
_LINE_MARK = re.compile(r"(?m)^(\s*)([-+=]|\d{1,9}[.)])(?=\s|=|$)")
_INDENT = re.compile(r"(?m)^[ \t]+")
_BEHIND = re.compile(r"[\s?!.,:]|\Z")
_DRAWING = re.compile(r"\[asy\](.*?)\[/asy\]", re.S)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def markdown(text: str, notation: Notation) -> str:
    """The text as Markdown that shows it as it stands, its mathematics typeset where the notation is `latex`."""
    text = _CONTROL.sub("\ufffd", text)
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


def _typeset(text: str) -> str:
    """Prose with the mathematics that a LaTeX text has in it."""
    parts: list[str] = []
    end = 0
    for start, stop in mathematics(text):
        before = prose(_dollars(text[end:start]))
        latex, display = _inside(text[start:stop])
        parts.append(before)
        if display:
            parts.append(f"\n\n$$\n{latex}\n$$\n\n")
        else:
            if before and not before[-1].isspace():
                parts.append(" ")
            parts.append(inline(latex))
            if not _BEHIND.match(text, stop):
                parts.append(THIN)
        end = stop
    return "".join((*parts, prose(_dollars(text[end:]))))


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
