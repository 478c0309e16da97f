"""Mathematics for a web page: LaTeX as MathML, which every browser typesets by itself.

latex2mathml writes text and attributes out unescaped (`\\text{<script>}`, `\\href{javascript:}`). So its tree is
taken and written anew: elements and attributes that only typeset, text escaped.
"""

from html import unescape
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from generation.conditions.vocabulary import words

_ELEMENTS = words(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd "
    "mpadded mphantom mstyle menclose"
)
_ATTRIBUTES = words(
    "display stretchy fence form separator accent accentunder linethickness mathvariant columnalign lspace rspace "
    "displaystyle scriptlevel minsize maxsize"
)
_LONGEST = 2_000
"""Characters: more is no formula that one would read."""
_DEEPEST = 100
"""Elements within elements: a browser stops nesting at a few hundred."""


class _UnsafeError(Exception):
    """The tree nests too deeply."""


def mathml(latex: str, *, display: bool = False) -> Markup | None:
    """The LaTeX as MathML; None where it is none that can be read."""
    from latex2mathml.converter import convert_to_element

    if not latex.strip() or len(latex) > _LONGEST:
        return None
    try:
        return _written(convert_to_element(latex, display="block" if display else "inline"))
    except Exception:  # whatever the library raises on text that is no LaTeX: also IndexError, KeyError, RecursionError
        return None


def _written(element: Element, depth: int = 0) -> Markup:
    """The element as HTML; one that is not known gives way to what is in it."""
    if depth > _DEEPEST:
        raise _UnsafeError
    inside = Markup("").join(
        [escape(unescape(element.text or "")), *(_written(child, depth + 1) for child in element)]
    ) + escape(unescape(element.tail or ""))
    if element.tag not in _ELEMENTS:
        return inside
    attributes = Markup("").join(
        Markup(' {}="{}"').format(name, value) for name, value in element.items() if name in _ATTRIBUTES
    )
    return Markup("<{0}{1}>{2}</{0}>").format(element.tag, attributes, inside)
