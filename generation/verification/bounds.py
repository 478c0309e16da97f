r"""What may be computed with: bounds on the text of a value, checked before anything parses it.

`9^9^9^9`, `(10^9)!`, `\binom{10^9}{5}` and `\sum_{k=1}^{10^{12}}` are short, and cost for ever. The bounds refuse such
text at once; the worker's limits stand behind them for what slips through.
"""

import re

from generation.verification.expression import TooLargeError
from generation.verification.infix import GREEK, MAX_NESTING
from generation.verification.notation import UnreadableError

MAX_LENGTH = 400
"""Characters of one value."""
MAX_DIGITS = 50
"""Digits of one number."""
MAX_SMALL_DIGITS = 4
"""Digits of an exponent, a factorial's or binomial's argument, or a bound of a sum."""
MAX_RANGES = 2
"""Sums, products, integrals and limits in one value."""

_FUNCTION = r"(?:arc)?(?:sin|cos|tan)|(?:sin|cos|tan)h|cot|sec|csc|log|ln|lg|exp|max|min|gcd|lcm|det"
_COMMAND = re.compile(
    rf"{_FUNCTION}|{'|'.join(sorted(GREEK))}|sum|prod|int|lim|to|frac|sqrt|cdot|binom|infty|circ|[lr]floor|[lr]ceil|overline"
    "|angle|triangle|text"
)
_WORD = re.compile(rf"[A-Za-z]{{1,3}}|{_FUNCTION}|sqrt|pi|abs")
_TOKEN = re.compile(r"\s*(?:\\([A-Za-z]+)|([A-Za-z]+)|([0-9.]+)|[-+*/^_{}()\[\]|!<>=&:,']|(?=\s*$))")
_SUBSCRIPT = re.compile(r"(?<=[A-Za-z])_(?:\{[A-Za-z0-9, ]{1,12}\}|[A-Za-z0-9])")
_SMALL = rf"[0-9]{{1,{MAX_SMALL_DIGITS}}}(?![0-9.])"
_TOWER = re.compile(r"\^\s*(?:[0-9.]+|\{\s*[0-9.]+\s*\}|[A-Za-z])\s*\^|\^\s*\{[^{}]*[0-9]\s*\^|\^\s*\([^()]*[0-9]\s*\^")
_LARGE_EXPONENT = re.compile(rf"\^\s*[{{(]?[^{{}}()]*[0-9]{{{MAX_SMALL_DIGITS + 1}}}")
_FACTORIAL = re.compile(rf"(?:(?<![0-9.]){_SMALL}|[A-Za-z]|[A-Za-z]\s*[+-]\s*{_SMALL}\s*\))\s*!(?!\s*!)")
_SMALL_ARGUMENT = re.compile(rf"\{{\s*(?:{_SMALL}|[A-Za-z](?:\s*[+-]\s*{_SMALL})?)\s*\}}|[0-9A-Za-z]")
_BOUND = r"(?:\{\s*[^{}^!]{1,20}\s*\}|[0-9A-Za-z]|\\infty(?![A-Za-z]))"
_RANGE = re.compile(rf"\s*_\s*{_BOUND}\s*(?:\^\s*{_BOUND})?")


def check_bounds(text: str) -> None:
    """Raise UnreadableError for text that is no value, and TooLargeError for a value too large to compute with."""
    if len(text) > MAX_LENGTH:
        raise TooLargeError(f"a value of {len(text)} characters")
    _check_tokens(_SUBSCRIPT.sub("", text))
    if "^" in text:
        if _TOWER.search(text):
            raise TooLargeError("a power in an exponent")
        if _LARGE_EXPONENT.search(text):
            raise TooLargeError(f"an exponent of more than {MAX_SMALL_DIGITS} digits")
    if text.count("!") != len(_FACTORIAL.findall(text)):
        raise TooLargeError(f"a factorial of more than {MAX_SMALL_DIGITS} digits")
    for match in re.finditer(r"\\binom(?![A-Za-z])\s*", text):
        top = _SMALL_ARGUMENT.match(text, match.end())
        if not top or not _SMALL_ARGUMENT.match(text, top.end()):
            raise TooLargeError(f"a binomial of more than {MAX_SMALL_DIGITS} digits")
    ranges = list(re.finditer(r"\\(?:sum|prod|int|lim)(?![A-Za-z])", text))
    if len(ranges) > MAX_RANGES:
        raise TooLargeError(f"{len(ranges)} sums, products or integrals")
    for match in ranges:
        limits = _RANGE.match(text, match.end())
        if limits is None or re.search(rf"[0-9]{{{MAX_SMALL_DIGITS + 1}}}", limits[0]):
            raise TooLargeError(f"a range with a bound of more than {MAX_SMALL_DIGITS} digits")


def _check_tokens(text: str) -> None:
    """Only notation that is known, brackets that are not too deep, and numbers that are not too long."""
    position = depth = 0
    before = ""  # the kind of the token before: a number, or a run of letters that may be a word
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(f"{text[position : position + 20]!r} cannot be read")
        position = match.end()
        token, (command, word, number) = match[0].strip(), match.groups()
        if command and not _COMMAND.fullmatch(command):
            raise UnreadableError(f"{token!r} is not known")
        if word and (not _WORD.fullmatch(word) or (before == "word" and len(word) > 1)):
            raise UnreadableError(f"the word {word!r}")
        if number:
            if len(number) > MAX_DIGITS:
                raise TooLargeError(f"a number of {len(number)} digits")
            if before == "number" or number.count(".") > 1 or (before == "word" and match[0] != token):
                raise UnreadableError(f"{token!r} behind a number or a word")
        depth += (token in "{([") - (token in "})]")
        if depth > MAX_NESTING:
            raise TooLargeError(f"brackets nested more than {MAX_NESTING} deep")
        if depth < 0:
            raise UnreadableError("brackets that do not pair up")
        before = "number" if number else "word" if word and len(word) > 1 and not re.fullmatch(_FUNCTION, word) else ""
