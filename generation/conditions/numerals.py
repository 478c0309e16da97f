"""Quantities written in digits: `1,000`, `$5`, `.5`, `1/2`, `2 1/2`, `20%`, `$1.5 million`.

Digits that are no quantity are passed over: clock times, dates, ordinals, decades, parts of names (mp3, COVID-19),
decimals that are cut off (0.333...), and numbers of more digits than the expression parser takes.
"""

import re
from collections.abc import Iterator
from fractions import Fraction

from generation.conditions.quantity import Quantity
from generation.conditions.vocabulary import DENOMINATORS, MEASURES, SCALES, VULGAR_FRACTIONS, WHOLES
from generation.verification.expression import MAX_DIGITS, literal
from schemas.condition import ConditionKind

SIGNS = "$€£¢"
"""The signs of currencies, before a number or behind it."""

_VULGAR = "".join(VULGAR_FRACTIONS)
_RUN = re.compile(rf"[0-9{_VULGAR}]++")
_NUMERAL = re.compile(
    rf"""
      (?P<none>                                                                           # no quantity:
          [0-9]{{1,2}}(?::[0-5][0-9]){{0,2}}\.?\s?(?:[ap]\.?\s?m\b|o['’]clock|noon\b)       # 9 am, 7:30 p.m.
        | [0-9]{{1,2}}(?:-|–|\sto\s|\sand\s)(?=[0-9]{{1,2}}\s?[ap]\.?m\b)                   # the 2 of 2-4 pm
        | [0-9]{{1,4}}/[0-9]{{1,2}}/[0-9]{{1,4}}(?![0-9]) | 24/7(?![0-9])                   # a date, all week
        | [0-9]++(?:st|nd|rd|th)\b | [12][0-9]{{2}}0['’]?s\b                                # 5th, the 1990s
        | [0-9]++\.[0-9]++(?:\.\.\.|…)                                                    # 0.333...
      )
    | (?P<hours>[0-9]{{1,2}}):[0-5][0-9](?::[0-5][0-9])?(?![0-9:])                          # 7:30, or a ratio
    | (?P<whole>[0-9]++)(?:\sand\s|\s|-)(?P<top>[0-9]++)[/⁄](?P<bottom>[0-9]++)(?![/0-9])   # 2 1/2
    | (?P<over>[0-9]++)[/⁄](?P<under>[0-9]++)(?:(?:rds?|ths?|s)\b)?(?![/0-9])               # 2/3, 2/3rds
    | (?P<many>[0-9]++)[\s-]and[\s-](?:(?:an?|one)[\s-])?(?P<part>{"|".join(DENOMINATORS)})\b  # 3 and a half
    | (?P<ones>[0-9]*+)\s?(?P<vulgar>[{_VULGAR}])                                           # 2½
    | (?P<grouped>[0-9]{{1,3}}(?:,{{1,3}}[0-9]{{3}}|[ \xa0][0-9]{{3}}(?![-–/]))++)(?![0-9])(?P<rest>\.[0-9]++)?  # 1,000
    | (?P<plain>[0-9]++(?:\.[0-9]++)?)
    """,
    re.X,
)
_OF_A_WHOLE = re.compile(rf"\s(?:of\s(?!an?\b)|as\b|grade|(?:{'|'.join(WHOLES)})\b)")
_ONE_MEASURE = re.compile(rf"[\s-](?:{'|'.join(MEASURES)})\b")
_SCALES = "hundred|" + "|".join(SCALES)
_SCALE = re.compile(rf"\s({_SCALES})\b(?!-|\sdollar\sbill)|-({_SCALES})\b")
_SHORT_SCALE = re.compile(r"[kmb]\b")
_SCALE_VALUES = SCALES | {"hundred": 100, "k": 10**3, "m": 10**6, "b": 10**9}
_PERCENT = re.compile(r"\s{0,3}%|[\s-]?per\s?cent\b")
_SIGN_BEHIND = re.compile(r"\s?[€£¢]|\$(?!\s{0,2}[0-9])")
_RATIO_WINDOW = 150


def find_numerals(text: str) -> Iterator[Quantity]:
    """The quantities in digits, in order, never overlapping; the text must be in lower case."""
    end = 0
    while run := _RUN.search(text, end):
        start, end = run.span()
        if _ends_a_name(text, start):
            continue
        match = _NUMERAL.match(text, start)
        if match is None:
            continue
        value, kind, end = _number(text, match)
        if value is not None:
            quantity = _with_surroundings(text, start, end, value, kind)
            end = quantity.end
            yield quantity


def _ends_a_name(text: str, start: int) -> bool:
    """Whether the digits belong to the letters before them (mp3, COVID-19); a times sign is no name (3x5)."""
    before = text[start - 1] if start else " "
    if before.isalpha() or before == "_":
        return not (before == "x" and start > 1 and text[start - 2].isdigit())
    return before in "-–" and text[max(0, start - 3) : start - 1].isalpha() and start > 2  # one letter: a variable


def _number(text: str, match: re.Match[str]) -> tuple[Fraction | None, ConditionKind, int]:
    """The value of the digits alone, None where they are no quantity; the kind; and where the number ends."""
    end = match.end()
    match match.lastgroup:
        case "plain" | "grouped" | "rest":
            return _plain(text, match)
        case "under":
            over, under = _whole(match["over"]), _whole(match["under"])
            if under == 0:
                return over, "integer", match.end("over")
            return (over / under if over is not None and under else None), "fraction", end
        case "bottom":
            # "4 1/2 pound steaks" are four steaks, but "1 1/4 cup flour" is a cup and a quarter.
            whole, top, bottom = _whole(match["whole"]), _whole(match["top"]), _whole(match["bottom"])
            apart = _OF_A_WHOLE.match(text, end) or (whole != 1 and _ONE_MEASURE.match(text, end))
            if apart or not (whole and top and bottom and top < bottom):
                return whole, "integer", match.end("whole")
            return whole + top / bottom, "mixed", end
        case "part":
            many = _whole(match["many"])
            if many is None or _OF_A_WHOLE.match(text, end):
                return many, "integer", match.end("many")
            return many + Fraction(1, DENOMINATORS[match["part"]]), "mixed", end
        case "vulgar":
            part = Fraction(VULGAR_FRACTIONS[match["vulgar"]])
            if not match["ones"]:
                return part, "fraction", end
            ones = _whole(match["ones"])
            return (None if ones is None else ones + part), "mixed", end
        case "hours":
            ratio = "ratio" in text[max(0, match.start() - _RATIO_WINDOW) : match.start()]
            return (_whole(match["hours"]), "integer", match.end("hours")) if ratio else (None, "integer", end)
        case _:
            return None, "integer", end


def _plain(text: str, match: re.Match[str]) -> tuple[Fraction | None, ConditionKind, int]:
    """The value of an integer or a decimal, with the scale word behind it (1.5 million)."""
    token = match[0]
    if match["grouped"]:
        token = token.replace(",", "").replace(" ", "").replace("\xa0", "")
    if len(token) > MAX_DIGITS:
        return None, "integer", match.end()
    start, end = match.span()
    if "." not in token and text[start - 1 : start] == "." and _opens_a_decimal(text, start - 1):
        token = "." + token
    kind: ConditionKind = "decimal" if "." in token else "integer"
    value = literal(token)
    scale = _SCALE.match(text, end)
    if scale:
        return value * _SCALE_VALUES[(scale[1] or scale[2])], kind, scale.end()
    return value, kind, end


def _whole(digits: str) -> Fraction | None:
    """The value of a run of digits; None where it is longer than the expression parser takes."""
    return literal(digits) if len(digits) <= MAX_DIGITS else None


def _opens_a_decimal(text: str, point: int) -> bool:
    """Whether the point belongs to the digits behind it: `.5` and `$.25`, but not `room.38` or `1.2.3`."""
    return point == 0 or not (text[point - 1].isalnum() or text[point - 1] == ".")


def _with_surroundings(text: str, start: int, end: int, value: Fraction, kind: ConditionKind) -> Quantity:
    """The quantity with its point, minus and currency sign before it and its percent or currency sign behind it."""
    if start and text[start - 1] != " ":
        if text[start - 1] == "." and _opens_a_decimal(text, start - 1):
            start -= 1
        if start and text[start - 1] in "-−" and _is_sign(text, start - 1):
            start, value = start - 1, -value
    sign = None
    window = text[max(0, start - 4) : start]
    before = window.rstrip()
    if before and before[-1] in SIGNS:
        start -= len(window) - len(before) + 1
        sign = before[-1]
        if start and text[start - 1] in "-−" and _is_sign(text, start - 1):
            start, value = start - 1, -value
        short = _SHORT_SCALE.match(text, end)
        if short:
            value, end = value * _SCALE_VALUES[short[0]], short.end()
        return Quantity(start, end, value, "money", sign)
    percent = _PERCENT.match(text, end)
    if percent:
        return Quantity(start, percent.end(), value, "percent", "%")
    behind = _SIGN_BEHIND.match(text, end)
    if behind:
        return Quantity(start, behind.end(), value, "money", behind[0].strip())
    return Quantity(start, end, value, kind)


def _is_sign(text: str, minus: int) -> bool:
    """Whether a minus is the sign of the number behind it: not an operator (x -5), a range (30-50) or a dash."""
    before = text[max(0, minus - 12) : minus]
    stripped = before.rstrip()
    if not stripped:
        return True
    last = stripped[-1]
    if stripped == before:
        return last in "([{=<>,:;|/*+"
    if last.isalpha():
        return stripped[-2:].isalpha() and len(stripped) > 1  # a word, where one letter would be a variable
    return not (last.isdigit() or last in f")]}}%\x00{SIGNS}")
