"""Linear equations that a solution solves for an unknown of its own: `d + 7d - 3 = 45`, so d = (45 + 3)/(1 + 7)."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from generation.verification.expression import (
    Expression,
    ExpressionError,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    evaluate,
    numbers,
    parse,
    symbols,
)

_OWN_LETTER = re.compile(
    r"(?<![A-Za-z'’])([A-Za-z])(?=\s*=)|(?<=[0-9])([A-Za-z])(?![A-Za-z])(?!\s*[0-9($])|\b[Ll]et ([A-Za-z])\b"
)
_LONE_LETTER = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_RUN = re.compile(r"(?:[0-9+\-–−*/×÷().,$%=\s]|(?<![A-Za-z'’])[A-Za-z](?![A-Za-z'’]))+")
_IMPLIED_TIMES = re.compile(r"(?<=[0-9)])\s*(?=[A-Za-z(])|(?<=[A-Za-z])\s*(?=\()")

MAX_SIDES = 6
"""Sides of `a = b = c` that are looked at."""

Linear = tuple[Expression | None, Expression | None]
"""coefficient*unknown + constant; None stands for zero."""


def own_letters(text: str) -> set[str]:
    """The letters that a solution uses for unknowns of its own: `T = 5`, `3x + 2`, "let n be"."""
    return {first or second or third for first, second, third in _OWN_LETTER.findall(text)}


def solved_equations(lines: Sequence[str]) -> list[tuple[int, str, Fraction, Expression]]:
    """For each linear equation in one own letter: its line, the letter, its value, and its form over the numbers.

    Equations that are nothing but `x = 5` or have no one solution are left out.
    """
    letters = own_letters("\n".join(lines))
    found = []
    for index, line in enumerate(lines):
        if not letters or "=" not in line:
            continue
        for run in _RUN.finditer(line):
            sides = [_side(text, letters) for text in run[0].split("=")[:MAX_SIDES]]
            for left, right in combinations(sides, 2):
                solved = _solve(left, right) if left and right else None
                if solved:
                    found.append((index, *solved))
    return found


def mentions(line: str, letters: set[str]) -> bool:
    """Whether one of the letters stands in the line by itself, or behind a number."""
    return any(letter in letters for letter in _LONE_LETTER.findall(line))


def _side(text: str, letters: set[str]) -> Expression | None:
    text = _IMPLIED_TIMES.sub("*", text.replace("$", " ")).strip(" .,")
    try:
        return parse(text, letters) if text else None
    except ExpressionError:
        return None


def _solve(left: Expression, right: Expression) -> tuple[str, Fraction, Expression] | None:
    """The letter, its value and its form from left = right."""
    names = symbols(left) | symbols(right)
    if len(names) != 1 or len(numbers(left)) + len(numbers(right)) < 2:
        return None
    first, second = _linear(left), _linear(right)
    if first is None or second is None:
        return None
    coefficient = _difference(first[0], second[0])
    constant = _difference(second[1], first[1])
    if isinstance(coefficient, Negation):
        coefficient, constant = coefficient.operand, _difference(first[1], second[1])
    if coefficient is None or constant is None:
        return None
    form = constant if _is_one(coefficient) else Operation("/", constant, coefficient)
    try:
        return next(iter(names)), evaluate(form), form
    except ExpressionError:
        return None


def _linear(node: Expression) -> Linear | None:
    """The node as coefficient and constant; None where it is not linear."""
    if isinstance(node, Number):
        return None, node
    if isinstance(node, Symbol):
        return _ONE, None
    if isinstance(node, Negation):
        inner = _linear(node.operand)
        return inner and (_negated(inner[0]), _negated(inner[1]))
    if isinstance(node, Operation):
        left, right = _linear(node.left), _linear(node.right)
        if left is None or right is None:
            return None
        if node.operator in "+-":
            join = _sum if node.operator == "+" else _difference
            return join(left[0], right[0]), join(left[1], right[1])
        if node.operator == "*" and (left[0] is None or right[0] is None):
            factor, other = (left[1], right) if left[0] is None else (right[1], left)
            return _product(factor, other[0]), _product(factor, other[1])
        if node.operator == "/" and right[0] is None and right[1] is not None:
            return _quotient(left[0], right[1]), _quotient(left[1], right[1])
        return None if left[0] or right[0] else (None, node)
    if isinstance(node, Percent) and not symbols(node):
        return None, node
    return None


_ONE = Number(Fraction(1))


def _is_one(node: Expression) -> bool:
    return node is _ONE


def _negated(node: Expression | None) -> Expression | None:
    return Negation(node) if node is not None else None


def _sum(left: Expression | None, right: Expression | None) -> Expression | None:
    if left is None or right is None:
        return left if right is None else right
    return Operation("+", left, right)


def _difference(left: Expression | None, right: Expression | None) -> Expression | None:
    if right is None:
        return left
    if isinstance(right, Negation):
        return _sum(left, right.operand)
    return Negation(right) if left is None else Operation("-", left, right)


def _product(left: Expression | None, right: Expression | None) -> Expression | None:
    if left is None or right is None:
        return None
    if _is_one(right):
        return left
    return Operation("*", left, right)


def _quotient(left: Expression | None, right: Expression) -> Expression | None:
    return Operation("/", left, right) if left is not None else None
