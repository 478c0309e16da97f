"""Expressions and equations set in LaTeX, as they are written: nothing is rearranged or simplified."""

import re
from fractions import Fraction

from generation.verification.expression import (
    MAX_LENGTH,
    WRITTEN_ATOM,
    WRITTEN_PRODUCT,
    WRITTEN_SIGN,
    WRITTEN_SUM,
    Call,
    Expression,
    ExpressionError,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    TooLargeError,
    decimal,
    parse,
)

_POWER = 4
_BINDS = {"+": WRITTEN_SUM, "-": WRITTEN_SUM, "*": WRITTEN_PRODUCT, "/": WRITTEN_ATOM, "^": _POWER}
_COEFFICIENT, _FACTOR = re.compile(r"(?:\A|\W)[0-9.]+\Z"), re.compile(r"[A-Za-z]|\\left\(")
"""A number before a letter or a bracket is a coefficient: 2x, 3(x + 1)."""
_NUMBERED = re.compile(r"([A-Za-z]+)_?([0-9]+)")
_SIGNS = {"+": " + ", "-": " - ", "*": r" \cdot "}


def typeset_equation(equation: str, *names: str) -> str | None:
    """LaTeX of an equation in plain infix over these names, `x + x/2 = 72`; None where a side cannot be read."""
    try:
        return " = ".join(typeset(parse(side, names)) for side in equation.split(" = "))
    except ExpressionError:
        return None


def typeset(expression: Expression) -> str:
    r"""LaTeX of an expression, `x + \frac{x}{2}`. Raises TooLargeError where it would pass MAX_LENGTH."""
    return _set(expression)[0]


def _set(node: Expression) -> tuple[str, int]:
    """The LaTeX and how tightly it binds."""
    if isinstance(node, Number):
        return _number(node.value)
    if isinstance(node, Symbol):
        numbered = _NUMBERED.fullmatch(node.name)
        return f"{numbered[1]}_{{{numbered[2]}}}" if numbered else node.name, WRITTEN_ATOM
    if isinstance(node, Operation):
        return _operation(node)
    operand, binds = _set(node.operand)
    if isinstance(node, Negation):
        return f"-{operand if binds > WRITTEN_SIGN else _bracketed(operand)}", WRITTEN_SIGN
    if isinstance(node, Percent):
        return f"{operand if binds == WRITTEN_ATOM else _bracketed(operand)}\\%", WRITTEN_ATOM
    assert isinstance(node, Call)
    return (f"\\sqrt{{{operand}}}" if node.function == "sqrt" else f"\\left|{operand}\\right|"), WRITTEN_ATOM


def _operation(node: Operation) -> tuple[str, int]:
    (left, left_binds), (right, right_binds) = _set(node.left), _set(node.right)
    binds = _BINDS[node.operator]
    if node.operator == "/":
        text = f"\\frac{{{left}}}{{{right}}}"
    elif node.operator == "^":
        base = left if left_binds == WRITTEN_ATOM and not left.startswith("\\frac") else _bracketed(left)
        text = f"{base}^{{{right}}}"
    else:
        if left_binds < binds:
            left = _bracketed(left)
        if right_binds < binds + (node.operator == "-") or right.startswith("-"):
            right = _bracketed(right)
        sign = (
            "" if node.operator == "*" and _COEFFICIENT.search(left) and _FACTOR.match(right) else _SIGNS[node.operator]
        )
        text = f"{left}{sign}{right}"
    if len(text) > MAX_LENGTH:
        raise TooLargeError(f"an expression of more than {MAX_LENGTH} characters")
    return text, binds


def _number(value: Fraction) -> tuple[str, int]:
    text = decimal(value)
    if "/" in text:
        text = f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return text, WRITTEN_SIGN if value < 0 else WRITTEN_ATOM


def _bracketed(text: str) -> str:
    return f"\\left({text}\\right)"
