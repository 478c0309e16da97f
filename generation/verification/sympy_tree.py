"""Our own expression trees as sympy's, node by node: no text is parsed, and nothing too large is built."""

from math import ceil
from typing import Any

import sympy

from generation.verification.expression import (
    Call,
    Expression,
    Negation,
    Number,
    Operation,
    Percent,
    Symbol,
    TooLargeError,
    UndefinedValueError,
)

MAX_EXPONENT = 9_999
"""Size of a numeric exponent."""
MAX_BITS = 1 << 18
"""Bits that a number inside the expression may come to."""
CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I}
"""What these names stand for in an answer."""


def sympy_tree(expression: Expression, values: dict[str, Any]) -> Any:
    """The same function in sympy: a name is its value in `values`, else a real symbol.

    Raises TooLargeError over MAX_EXPONENT and MAX_BITS, UndefinedValueError for a division by zero.
    """

    def build(node: Expression) -> tuple[Any, int]:
        """The sympy expression, and an upper bound of the bits of the numbers that its evaluation makes."""
        match node:
            case Number():
                top, bottom = node.value.as_integer_ratio()
                return sympy.Rational(top, bottom), top.bit_length() + bottom.bit_length()
            case Symbol():
                return values.get(node.name, sympy.Symbol(node.name, real=True)), 1
            case Negation():
                value, bits = build(node.operand)
                return -value, bits
            case Percent():
                value, bits = build(node.operand)
                return value / 100, bits + 7
            case Call():
                value, bits = build(node.operand)
                return (sympy.sqrt(value) if node.function == "sqrt" else sympy.Abs(value)), bits
            case Operation():
                return operation(node)

    def operation(node: Operation) -> tuple[Any, int]:
        (left, left_bits), (right, right_bits) = build(node.left), build(node.right)
        bits = left_bits + right_bits + 1
        if node.operator == "^" and right.is_number:
            if not abs(right) <= MAX_EXPONENT:
                raise TooLargeError(f"an exponent over {MAX_EXPONENT}")
            bits = left_bits * max(1, ceil(abs(right)))
        if bits > MAX_BITS:
            raise TooLargeError(f"numbers of more than {MAX_BITS} bits")
        match node.operator:
            case "+":
                return left + right, bits
            case "-":
                return left - right, bits
            case "*":
                return left * right, bits
            case "/":
                if right.is_zero:
                    raise UndefinedValueError("division by zero")
                return left / right, bits
            case "^":
                if left.is_zero and right.is_negative:
                    raise UndefinedValueError("division by zero")
                return left**right, bits

    return build(expression)[0]
