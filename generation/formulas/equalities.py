"""Equalities: the runs of `a = b = c` that stand in a text, with words between their numbers and all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from generation.verification.expression import Expression, ExpressionError, Number, Percent, evaluate, numbers, parse

NUMERAL = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)"
"""A number in digits, `1,000` and `.5` included."""

_NO_VALUES: Mapping[str, Fraction] = {}
_NO_CURRENCY = str.maketrans("$€£", "   ")


@dataclass(slots=True, eq=False)
class Side:
    """One side of an equality: its `text` without words and spaces, and the words behind each of its numbers."""

    expression: Expression
    value: Fraction
    offset: int
    text: str
    numbers: list[Number]
    units: dict[Number, str]


class _Grammar:
    """What is arithmetic, and what the words around it, where these names stand for numbers; `x` is else for times."""

    def __init__(self, names: frozenset[str]) -> None:
        either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        name = rf"(?<![A-Za-z])(?:{either})(?![A-Za-z0-9])" if names else r"(?!)"
        number = rf"(?:{NUMERAL}(?:\s?{name})?|{name})" if names else NUMERAL
        times = r"(?!)" if names & {"x", "X"} else r"[xX](?=[\s\d($.])"
        words = rf"(?:\s*+(?!{name}|[xX]\b)[A-Za-z]+(?:['/][A-Za-z]+)*+){{1,4}}+"
        operand = rf"(?:[-–(\[\s]|sqrt(?=\()){{0,6}}[$€£]?\s?{number}\s?%?[)\]]{{0,3}}(?:{words})?+\s*+[)\]]{{0,3}}%?"
        operator = rf"\s*+(?:\*\*|[-+*/×÷·^−–]|{times}|(?=\()|(?<=\))(?={name}))\s*+"
        self.side = re.compile(rf"{operand}(?:{operator}{operand}){{0,30}}+")
        self.number = re.compile(rf"({NUMERAL})\s?%?[)\]]*(?P<unit>{words})?")
        self.word = re.compile(rf"(?<![A-Za-z])(?!{name}|{times}|sqrt\()[A-Za-z][A-Za-z'/]*")
        self.product = re.compile(rf"(?<=[\d)])\s*(?=\(|{name})|(?P<name>{name})\s*(?=\()")


@lru_cache(maxsize=256)
def _grammar(names: frozenset[str]) -> _Grammar:
    return _Grammar(names)


def read_equalities(text: str, names: frozenset[str] = frozenset()) -> list[list[tuple[str, int]]]:
    """The runs of arithmetic sides joined by `=`, each side as it is written and with its offset."""
    return [run for run in read_runs(text, names) if len(run) > 1] if "=" in text else []


def read_runs(text: str, names: frozenset[str]) -> list[list[tuple[str, int]]]:
    """The same, with the arithmetic that stands alone as runs of one side."""
    runs: list[list[tuple[str, int]]] = []
    end = 0
    for match in _grammar(names).side.finditer(text):
        if not runs or text[end : match.start()].strip() != "=":
            runs.append([])
        runs[-1].append((match[0], match.start()))
        end = match.end()
    return runs


def read_side(side: str, offset: int, values: Mapping[str, Fraction] = _NO_VALUES) -> Side | None:
    """One side without its words, at the values of the names in it; None where it is no arithmetic."""
    grammar = _grammar(frozenset(values))
    bare = grammar.word.sub(lambda match: " " * len(match[0]), side)
    bare = grammar.product.sub(lambda match: (match["name"] or "") + "*", bare.translate(_NO_CURRENCY))
    try:
        expression = parse(bare, values)
        value = evaluate(expression, values)
    except ExpressionError:
        return None
    behind = [match["unit"] or "" for match in grammar.number.finditer(side)]
    found = numbers(expression)
    units = dict(zip(found, behind, strict=True)) if len(behind) == len(found) else {}
    return Side(expression, value, offset, bare.replace(" ", ""), found, units)


def states(side: Side, value: Fraction) -> bool:
    """Whether the side is this value, or states it as a percentage: 25 as `25%`."""
    return side.value == value or (isinstance(side.expression, Percent) and side.value * 100 == value)
