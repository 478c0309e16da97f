"""Arithmetic expressions: the one parser that text from data or a model goes through.

Plain infix over exact rationals: `+ - * / ^`, brackets, unary minus, percent signs, `sqrt` and `abs`, and the
names that the caller allows. Nothing is evaluated as Python, and every limit below is a named constant: a text
over a limit is an error at once, never a long wait.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Literal

MAX_LENGTH = 2_000
"""Characters of one expression."""
MAX_NESTING = 40
"""Brackets, signs and powers inside one another."""
MAX_OPERATIONS = 200
"""Operations of one expression; it also bounds the depth of the tree."""
MAX_DIGITS = 50
"""Digits of one number."""
MAX_EXPONENT = 64
"""Size of a numeric exponent."""
MAX_BITS = 4_096
"""Bits of a value's numerator or denominator."""

Operator = Literal["+", "-", "*", "/", "^"]
FUNCTIONS = ("sqrt", "abs")


class ExpressionError(ValueError):
    """The text is not an expression that may be computed with."""


class TooLargeError(ExpressionError):
    """Over one of the limits on length, nesting, operations, digits, exponents or bits."""


class UnexpectedTextError(ExpressionError):
    """A character or a word that has no place where it stands."""


class UndefinedValueError(ExpressionError):
    """Division by zero, or a root that is not rational where an exact value is asked for."""


@dataclass(slots=True, eq=False)
class Number:
    """A literal: its exact value, and where it stands in the text it was read from (-1: nowhere)."""

    value: Fraction
    start: int = -1
    end: int = -1


@dataclass(slots=True, eq=False)
class Symbol:
    """A named quantity."""

    name: str


@dataclass(slots=True, eq=False)
class Operation:
    """Two operands under one of `+ - * / ^`."""

    operator: Operator
    left: "Expression"
    right: "Expression"


@dataclass(slots=True, eq=False)
class Negation:
    """Minus the operand."""

    operand: "Expression"


@dataclass(slots=True, eq=False)
class Percent:
    """The operand with a percent sign behind it: a hundredth of it."""

    operand: "Expression"


@dataclass(slots=True, eq=False)
class Call:
    """`sqrt` or `abs` of the operand."""

    function: str
    operand: "Expression"


Expression = Number | Symbol | Operation | Negation | Percent | Call

_NUMBER = r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NAME = r"(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
_SIGN = r"(?P<sign>\*\*|[-+*/^()\[\]%×÷·−–]"
_OTHER = r"(?P<other>\S)"
_TOKEN = re.compile(rf"{_NUMBER}|{_NAME}|{_SIGN})|{_OTHER}")
_TOKEN_TIMES_X = re.compile(rf"{_NUMBER}|{_SIGN}|[xX](?![A-Za-z_]))|{_NAME}|{_OTHER}")
_SAME: dict[str, str] = {
    "**": "^",
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "[": "(",
    "]": ")",
    "x": "*",
    "X": "*",
}
_BINDING: dict[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_UNARY = 3
_ATOM = 5


def parse(text: str, names: Collection[str] = ()) -> Expression:
    """Read plain infix; a name outside `names` and the functions is an error, but `x` is a times sign where it is no name.

    Raises TooLargeError over a limit and UnexpectedTextError for anything else that is no expression.
    """
    if len(text) > MAX_LENGTH:
        raise TooLargeError(f"{len(text)} characters, more than {MAX_LENGTH}")
    parser = _Parser(text, names)
    expression = parser.expression(1, 0)
    parser.expect_end()
    return expression


class _Parser:
    """Precedence climbing over one text; a token is its kind (a sign is its own), its text and where it stands."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        pattern = _TOKEN if "x" in names or "X" in names else _TOKEN_TIMES_X
        self.names = names
        self.tokens: list[tuple[str, str, int, int]] = []
        for match in pattern.finditer(text):
            kind, token = match.lastgroup or "", match[0]
            if kind == "sign":
                kind = _SAME.get(token, token)
            elif kind == "other":
                raise UnexpectedTextError(f"unexpected {token!r} at {match.start()}")
            self.tokens.append((kind, token, match.start(), match.end()))
        self.tokens.append(("", "", len(text), len(text)))
        self.position = self.operations = 0

    def expression(self, least: int, depth: int) -> Expression:
        """An operand and every operation behind it that binds at least as tightly as `least`."""
        left = self.operand(depth)
        while True:
            sign = self.tokens[self.position][0]
            binding = _BINDING.get(sign, 0)
            if binding < least:
                return left
            self.position += 1
            # A power groups to the right and takes a sign behind it: 2^3^2, 2^-1.
            right = self.expression(_UNARY, self.deeper(depth)) if sign == "^" else self.expression(binding + 1, depth)
            self.count_operation()
            left = Operation(sign, left, right)  # type: ignore[arg-type]

    def operand(self, depth: int) -> Expression:
        kind, token, start, end = self.tokens[self.position]
        self.position += 1
        node: Expression
        if kind == "number":
            node = Number(literal(token), start, end)
        elif kind == "(":
            node = self.expression(1, self.deeper(depth))
            if self.tokens[self.position][0] != ")":
                raise UnexpectedTextError(f"bracket at {start} is not closed")
            self.position += 1
        elif kind == "name" and token in self.names:
            node = Symbol(token)
        elif kind == "name" and token in FUNCTIONS:
            if self.tokens[self.position][0] != "(":
                raise UnexpectedTextError(f"{token} without brackets at {start}")
            node = Call(token, self.operand(depth))
        elif kind in ("+", "-"):
            node = self.expression(_UNARY, self.deeper(depth))
            return node if kind == "+" else Negation(node)
        else:
            raise UnexpectedTextError(f"unexpected {token!r} at {start}" if kind else "the expression ends too early")
        while self.tokens[self.position][0] == "%":
            self.position += 1
            self.count_operation()
            node = Percent(node)
        return node

    def count_operation(self) -> None:
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise TooLargeError(f"more than {MAX_OPERATIONS} operations")

    def expect_end(self) -> None:
        kind, token, start, _ = self.tokens[self.position]
        if kind:
            raise UnexpectedTextError(f"unexpected {token!r} at {start}")

    def deeper(self, depth: int) -> int:
        if depth >= MAX_NESTING:
            raise TooLargeError(f"nested more than {MAX_NESTING} deep")
        return depth + 1


@lru_cache(maxsize=65_536)
def literal(token: str) -> Fraction:
    """The exact value of a plain number, `1,000` and `.5` included. Raises TooLargeError over MAX_DIGITS."""
    digits = token.replace(",", "").rstrip(".")
    if len(digits) > MAX_DIGITS:
        raise TooLargeError(f"a number of {len(digits)} digits, more than {MAX_DIGITS}")
    return Fraction(int(digits)) if digits.isdigit() else Fraction(digits)


def evaluate(expression: Expression, values: Mapping[str, Fraction] | None = None) -> Fraction:
    """The exact value, with each symbol's value from `values`.

    Raises UndefinedValueError for a division by zero, a missing symbol, an irrational root or a power that is not
    a whole number, and TooLargeError over MAX_EXPONENT or MAX_BITS.
    """
    known = values or {}

    def value(node: Expression) -> Fraction:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Operation):
            return bounded(apply(node.operator, value(node.left), value(node.right)))
        if isinstance(node, Symbol):
            if node.name not in known:
                raise UndefinedValueError(f"{node.name} has no value")
            return known[node.name]
        operand = value(node.operand)
        if isinstance(node, Negation):
            return -operand
        if isinstance(node, Percent):
            return operand / 100
        return abs(operand) if node.function == "abs" else square_root(operand)

    return value(expression)


def apply(operator: Operator, left: Fraction, right: Fraction) -> Fraction:
    """One exact operation; raises as `evaluate` does."""
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        if not right:
            raise UndefinedValueError("division by zero")
        return left / right
    exponent = whole_exponent(right)
    if exponent < 0 and not left:
        raise UndefinedValueError("division by zero")
    if max(left.numerator.bit_length(), left.denominator.bit_length()) * abs(exponent) > MAX_BITS:
        raise TooLargeError(f"a power of more than {MAX_BITS} bits")
    return Fraction(left**exponent)


def whole_exponent(value: Fraction) -> int:
    """The exponent as an int. Raises UndefinedValueError unless whole, TooLargeError over MAX_EXPONENT."""
    if value.denominator != 1:
        raise UndefinedValueError("an exponent that is not a whole number")
    if abs(value.numerator) > MAX_EXPONENT:
        raise TooLargeError(f"an exponent over {MAX_EXPONENT}")
    return value.numerator


def bounded(value: Fraction) -> Fraction:
    """The value itself. Raises TooLargeError over MAX_BITS."""
    numerator, denominator = value.as_integer_ratio()
    if numerator.bit_length() > MAX_BITS or denominator.bit_length() > MAX_BITS:
        raise TooLargeError(f"a value of more than {MAX_BITS} bits")
    return value


def square_root(value: Fraction) -> Fraction:
    """The root of a square of a rational. Raises UndefinedValueError for any other value."""
    if value >= 0:
        top, bottom = isqrt(value.numerator), isqrt(value.denominator)
        if top * top == value.numerator and bottom * bottom == value.denominator:
            return Fraction(top, bottom)
    raise UndefinedValueError(f"the square root of {value} is not rational")


def symbols(expression: Expression) -> frozenset[str]:
    """The names in the expression."""
    return frozenset(node.name for node in walk(expression) if isinstance(node, Symbol))


def numbers(expression: Expression) -> list[Number]:
    """The literals, from left to right."""
    return [node for node in walk(expression) if isinstance(node, Number)]


def walk(expression: Expression) -> list[Expression]:
    """Every node once, operands from left to right; a node that is shared is listed at its first place."""
    found: list[Expression] = []
    seen: set[int] = set()
    stack = [expression]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        found.append(node)
        if isinstance(node, Operation):
            stack += (node.right, node.left)
        elif isinstance(node, Negation | Percent | Call):
            stack.append(node.operand)
    return found


def replace(expression: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    """The expression with each node for which `change` gives another put in its place; sharing is kept."""
    done: dict[int, Expression] = {}

    def visit(node: Expression) -> Expression:
        if id(node) in done:
            return done[id(node)]
        new = change(node)
        if new is None:
            new = node
            if isinstance(node, Operation):
                left, right = visit(node.left), visit(node.right)
                if left is not node.left or right is not node.right:
                    new = Operation(node.operator, left, right)
            elif isinstance(node, Negation | Percent):
                operand = visit(node.operand)
                if operand is not node.operand:
                    new = type(node)(operand)
            elif isinstance(node, Call):
                operand = visit(node.operand)
                if operand is not node.operand:
                    new = Call(node.function, operand)
        done[id(node)] = new
        return new

    return visit(expression)


def plain(expression: Expression, decimals: bool = False) -> str:
    """Plain infix that `parse` reads back to the same function, `x + x/2`.

    Fractions are exact, `1/20`; with `decimals` those that are short decimals are written so, `0.05`, for people.
    Raises TooLargeError where a shared tree written out would pass MAX_LENGTH.
    """
    return _written(expression, decimal if decimals else exact)[0]


def _written(node: Expression, number_text: Callable[[Fraction], str]) -> tuple[str, int]:
    """The text of a node and how tightly it binds."""
    if isinstance(node, Number):
        text = number_text(node.value)
        return text, 2 if "/" in text else (_UNARY if text[0] == "-" else _ATOM)
    if isinstance(node, Symbol):
        return node.name, _ATOM
    if isinstance(node, Operation):
        binding = _BINDING[node.operator]
        # On the right, an operand that binds no tighter needs brackets: 8 - (3 - 2), 8/(2*2).
        left = _operand(node.left, binding + (node.operator == "^"), number_text)
        right = _operand(node.right, binding + (node.operator != "+"), number_text)
        if right[0] == "-":
            right = f"({right})"
        text = f"{left} {node.operator} {right}" if binding == 1 else f"{left}{node.operator}{right}"
        if len(text) > MAX_LENGTH:
            raise TooLargeError(f"an expression of more than {MAX_LENGTH} characters")
        return text, binding
    if isinstance(node, Negation):
        return "-" + _operand(node.operand, _UNARY + 1, number_text), _UNARY
    if isinstance(node, Percent):
        return _operand(node.operand, 2, number_text) + "/100", 2
    return f"{node.function}({_written(node.operand, number_text)[0]})", _ATOM


def _operand(node: Expression, binding: int, number_text: Callable[[Fraction], str]) -> str:
    text, own = _written(node, number_text)
    return text if own >= binding else f"({text})"


MAX_PLACES = 4
"""Decimal places that are written out for people; a longer decimal stays a fraction."""


def decimal(value: Fraction) -> str:
    """The value as a decimal of at most MAX_PLACES places, `0.05`, or else as a fraction, `1/3`."""
    scale = 10**MAX_PLACES
    if value.denominator == 1 or scale % value.denominator:
        return str(value)
    whole, rest = divmod(abs(value.numerator) * (scale // value.denominator), scale)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{MAX_PLACES}d}".rstrip("0")


def exact(value: Fraction) -> str:
    """The exact text of a value: `72`, `-1/3`."""
    return str(value)
