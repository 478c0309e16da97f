"""LaTeX turned into plain text of the same length, so that what is found stands at the same place."""

import re
from fractions import Fraction

from generation.conditions.quantity import Quantity
from generation.verification.expression import MAX_DIGITS

FILLER = "\x00"
"""What stands for LaTeX that is no text: no space, no letter, no digit."""

_LAYOUT = (
    "begin|end|[hv]space|[hv]?phantom|cline|multicolumn|label|(?:eq)?ref|setlength|rule|includegraphics|kern|hskip"
)
_RELATIONS = "leq?|geq?|lt|gt|neq?|in|to|times|cdot|div|equiv|approx|sim|left|q?quad|lfloor|lceil|langle|pm|mp"
_FONTS = "text|textbf|textit|textrm|mathrm|mbox|rm"
_TOKEN = re.compile(
    rf"""
      (?P<drawing>\[asy\].*?(?:\[/asy\]|\Z))
    | (?P<ordinal>(?<![0-9])[0-9]++\s?\$?\s?(?:\^\s?)?(?:\{{\s?)?(?:\\(?:{_FONTS})\s?\{{?\s?)?(?:st|nd|rd|th)\b)
    | (?P<repeating>(?<![0-9])[0-9]*+\.[0-9]*+\\(?:overline|bar|dot)\s?\{{?[0-9]*+)
    | (?P<base>(?<![0-9])[0-9]++(?=\s?_))
    | (?P<grouping>(?<=[0-9])(?:\{{,\}}|,\\!|\\,|\\!)(?=[0-9]{{3}}(?![0-9])))
    | (?P<script>[\^_]\s?)
    | (?P<currency>\\\$)
    | (?P<percent>\\%)
    | (?P<math>\$\$?|\\[()\[\]])
    | (?P<spacing>\\\\\s?\[[^\]\n]{{0,20}}\])
    | (?P<row>\\\\)
    | (?P<layout>\\(?:{_LAYOUT})(?![A-Za-z])\*?)
    | (?P<dots>\\[lcd]?dots(?![A-Za-z]))
    | (?P<relation>\\(?:{_RELATIONS})(?![A-Za-z]))
    | (?P<command>\\[A-Za-z]+|\\.)
    """,
    re.X | re.S,
)
_FRACTION = re.compile(
    r"\\[dtc]?frac\s?(?:\{\s?(?P<top>[0-9]+)\s?\}|(?P<t>[0-9]))\s?(?:\{\s?(?P<bottom>[0-9]+)\s?\}|(?P<b>[0-9]))"
)
_WHOLE_BEFORE = re.compile(rf"(?<![0-9.,])([0-9]{{1,{MAX_DIGITS}}})(?:\s|\\[ ,;!])?\Z")
_BRACE = re.compile(r"\\.|[{}\[\]]", re.S)
_TEXT = re.compile(rf"\\(?:{_FONTS})\Z")


def plain_text(latex: str) -> tuple[str, list[Quantity]]:
    """The text, with the same offsets, in which numbers read as in prose, and the fractions that were cut out of it.

    Drawings, exponents, subscripts, ordinals, numbers in another base, repeating decimals and the arguments of layout
    commands become FILLER.
    """
    characters = list(latex)
    fractions: list[Quantity] = []
    closing = _closing_brackets(latex)
    position = 0
    while token := _TOKEN.search(latex, position):
        start, position = token.span()
        filler = FILLER
        match token.lastgroup:
            case "script" | "layout":
                position = _end_of_arguments(latex, position, closing, token.lastgroup == "script")
            case "grouping":
                filler = ","
            case "currency":
                characters[start:position] = "$ "
                continue
            case "percent":
                characters[start:position] = " %"
                continue
            case "math":
                filler = " "
            case "dots":
                filler = "."
            case "relation" | "row":
                filler = "="
            case "command":
                fraction = _FRACTION.match(latex, start)
                if fraction and (quantity := _fraction(latex, fraction, characters)):
                    fractions.append(quantity)
                    start, position = quantity.start, quantity.end
                elif token[0] == "\\sqrt":
                    position = closing.get(position, position) if latex.startswith("[", position) else position
                elif _TEXT.match(token[0]):
                    filler = " "
                    position += latex.startswith("{", position)
        characters[start:position] = filler * (position - start)
    return "".join(characters), fractions


def _fraction(latex: str, match: re.Match[str], characters: list[str]) -> Quantity | None:
    """The fraction, with the whole number before it; None for one with too many digits or a zero below."""
    top, bottom = match["top"] or match["t"], match["bottom"] or match["b"]
    if len(top) > MAX_DIGITS or len(bottom) > MAX_DIGITS or not int(bottom):
        return None
    value = Fraction(int(top), int(bottom))
    start = match.start()
    whole = _WHOLE_BEFORE.search(latex, max(0, start - MAX_DIGITS - 3), start)
    if whole and characters[whole.start(1)] == whole[1][0] and 0 < value < 1:
        return Quantity(whole.start(1), match.end(), int(whole[1]) + value, "mixed")
    return Quantity(start, match.end(), value, "fraction")


def _closing_brackets(latex: str) -> dict[int, int]:
    """For each `{` and `[` the place behind the bracket that closes it."""
    closing: dict[int, int] = {}
    open_braces: list[int] = []
    open_squares: list[int] = []
    for match in _BRACE.finditer(latex):
        character, place = match[0], match.start()
        if character in "{[":
            (open_braces if character == "{" else open_squares).append(place)
        elif character == "}" and open_braces:
            closing[open_braces.pop()] = match.end()
        elif character == "]" and open_squares:
            closing[open_squares.pop()] = match.end()
    return closing


def _end_of_arguments(latex: str, position: int, closing: dict[int, int], script: bool) -> int:
    """Where the exponent or subscript, or the bracketed arguments of a command, end."""
    if script:
        digits = re.compile(r"-?[0-9]+|\\[A-Za-z]+").match(latex, position)
        if digits and latex[position] != "\\":
            return digits.end()
        position = digits.end() if digits else position
        if digits is None and not latex.startswith("{", position):
            return min(position + 1, len(latex))
    while position in closing and latex[position] in "{[":
        position = closing[position]
        if script:
            break
    return position
