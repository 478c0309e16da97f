"""One spelling for the many ways in which an answer is written, plain or in LaTeX."""

import re

from generation.verification.expression import ExpressionError

MAX_ANSWER = 1_000
"""Characters of an answer, without the text around it."""

CHANGES_NUMBER = re.compile(
    r"(?:hundred|thousand|million|billion|trillion|dozen|third|quarter|fourth|fifth|tenth|hundredth)s?|half|halves|score"
    r"|pi|sqrt|sin|cos|tan|log|ln|exp|mod|and|or|if|not|about|less|more|than|plus|minus|times|squared|cubed|factorial"
    r"|choose|over|radians?"
)
"""Words behind a number that are no unit of it."""


class UnreadableError(ExpressionError):
    """The text is no answer in a notation that is understood here."""


class AmbiguousError(ExpressionError):
    """The notation can be read in two ways that differ in value."""


_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
    "|[!-~][\u00ad\u200b-\u200f\u2060\ufeff]|[\u00ad\u200b-\u200f\u2060\ufeff][!-~]"
)
_SYMBOLS = str.maketrans(
    {
        "−": "-", "–": "-", "×": r"\cdot ", "·": r"\cdot ", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~=",
        "π": r"\pi ", "∞": r"\infty ", "∪": r"\cup ", "∈": r"\in ", "±": r"\pm ", "°": r"^{\circ}", "√": r"\sqrt ",
        "\u00a0": " ", "\u202f": " ", "，": ",", "：": ":", "（": "(", "）": ")", "％": "%", "’": "'",
        "€": "$", "£": "$", "¥": "$", "₹": "$",
    }
)  # fmt: skip
_DOUBLED = re.compile(
    r"\\\\(?=(?:[dtc]?frac|sqrt|boxed|text|left|right|pi|infty|cup|cdot|times|leq?|geq?|neq?|pm|in|sum|binom)(?![A-Za-z]))"
)
_REWRITES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\s+", " "),
        (r"\\\$", "$"),
        (r"\\(?:left|right|[bB]ig+[lrm]?)(?![A-Za-z])\s?\.?", ""),
        (r"\\(?:displaystyle|textstyle|limits|nolimits|hfill)(?![A-Za-z])", " "),
        (r"(?<!\\)\\[()\[\]]", " "),
        (r"([0-9])\s?(?:,\s?\\!|\\!\s?,)\s?(?=[0-9]{3}(?![0-9]))", r"\1"),  # 11,\!111
        (r"([0-9])\s?\{\s?,\s?\}\s?(?=[0-9]{3}(?![0-9]))", r"\1"),  # 14{,}916
        (r"(?<![0-9.,])([1-9][0-9]{0,2}),(?=0[0-9]{2}(?!,?[0-9]))", r"\1"),  # (1,000)
        (r"(?<!\\)\\(?:qquad|quad|enspace|[,;:! ])|~(?!=)", " "),
        (r"\s+", " "),
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r"\\(?:text|math)(?:rm|bf|it|sf|tt|normal)? ?(?=\{)|\\(?:mbox|hbox|operatorname\*?) ?(?=\{)", r"\\text"),
        (r"\\text\{ ?([A-Za-z]|-?[0-9.,]+) ?\}", r" \1 "),
        (r"\\(?:leq?|leqslant)(?![A-Za-z])", "<="),
        (r"\\(?:geq?|geqslant)(?![A-Za-z])", ">="),
        (r"\\neq?(?![A-Za-z])", "!="),
        (r"\\approx(?![A-Za-z])", "~="),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\\colon(?![A-Za-z])", ":"),
        (r"\\(?:times|ast)(?![A-Za-z])", r"\\cdot "),
        (r"\\div(?![A-Za-z])", "/"),
        (r"\*\*", "^"),
        (r"\\lbrace(?![A-Za-z])", r"\\{"),
        (r"\\rbrace(?![A-Za-z])", r"\\}"),
        (r"\\[lr]?vert(?![A-Za-z])", "|"),
        (r"\\(?:emptyset|varnothing)(?![A-Za-z])", r"\\{\\}"),
        (r"\\mathbb ?(?:\{ ?R ?\}|R)", r"(-\\infty,\\infty)"),
        (r"\\degrees?(?![A-Za-z])", r"^{\\circ}"),
        (r"\^ ?\\circ(?![A-Za-z])", r"^{\\circ}"),
        (r" ?(?:\\?%|\\text\{ ?(?:percent|pct|percentage) ?\}|\b(?:percentage|percent|pct)\b)", "%"),
        (r"(?<![A-Za-z\\])(?:infinity|inf)(?![A-Za-z])", r"\\infty"),
        (r"_\{ ?([A-Za-z0-9]) ?\}", r"_\1"),
        (r"\s+", " "),
        (r"(?<![0-9./])([0-9]+) ([0-9]+)/([0-9]+)(?![0-9./])", r"\1\\frac{\2}{\3}"),  # 2 1/2
    )
]
_MATRIX = re.compile(r"\\begin\{(?:[pbvBV]?matrix|array)\}")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?(?=%|\s*(?:\\text\{|[A-Za-z]|$))")


def canonical(text: str) -> str:
    """The answer on one line, without layout: `\\dfrac` is `\\frac`, `\\leq` is `<=`, `14{,}916` is `14916`.

    Raises UnreadableError for control characters, marks that change the order or the look of the text, and texts
    that are too long.
    """
    if len(text) > 4 * MAX_ANSWER:
        raise UnreadableError(f"an answer of {len(text)} characters")
    if _UNSAFE.search(text):
        raise UnreadableError("characters that hide or reorder the text")
    text = text.translate(_SYMBOLS)
    if not _MATRIX.search(text):  # there, two backslashes end a row
        text = _DOUBLED.sub(r"\\", text)
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    text = text.replace("$", "").lstrip(' ,;:"“”').rstrip(' .,;:?"“”\\')
    if len(text) > MAX_ANSWER:
        raise UnreadableError(f"an answer of {len(text)} characters")
    thousands = _THOUSANDS.match(text)
    return thousands[0].replace(",", "") + text[thousands.end() :] if thousands else text
