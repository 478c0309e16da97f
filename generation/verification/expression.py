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

from flint import fmpq

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


class IrrationalError(UndefinedValueError):
    """A square root that is not rational where an exact rational is asked for."""


@dataclass(slots=True, eq=False)
class Number:
    """A literal with its exact value.

    `rational` keeps FLINT's form of the value once it was asked for: making one costs more than computing with it.
    """

    value: Fraction
    rational: fmpq | None = None


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

_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_NAME = r"[A-Za-z_][A-Za-z_0-9]*"
_TOKEN = re.compile(rf"{_NUMBER}|{_NAME}|\*\*|\S")
_TOKEN_TIMES_X = re.compile(rf"{_NUMBER}|[xX](?![A-Za-z_])|{_NAME}|\*\*|\S")
_SIGNS = {sign: sign for sign in "+-*/^()%"} | {
    "**": "^",
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "[": "(",
    "]": ")",
}
_SIGNS_TIMES_X = _SIGNS | {"x": "*", "X": "*"}
_BINDING: dict[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_UNARY = 3


def parse(text: str, names: Collection[str] = ()) -> Expression:
    """Read plain infix; a name must be one of `names` or a function, but `x` is a times sign where it is no name.

    Raises TooLargeError over a limit and UnexpectedTextError for anything else that is no expression.
    """
    if len(text) > MAX_LENGTH:
        raise TooLargeError(f"{len(text)} characters, more than {MAX_LENGTH}")
    if "x" in names or "X" in names:
        parser = _Parser(_TOKEN.findall(text), _SIGNS, names)
    else:
        parser = _Parser(_TOKEN_TIMES_X.findall(text), _SIGNS_TIMES_X, names)
    expression = parser.expression(1, 0)
    parser.expect("")
    return expression


class _Parser:
    """Precedence climbing over the tokens of one text; a sign is the same however it was written."""

    def __init__(self, tokens: list[str], signs: Mapping[str, str], names: Collection[str]) -> None:
        self.tokens = [signs.get(token, token) for token in tokens]
        self.tokens.append("")
        self.names = names
        self.position = self.operations = 0

    def expression(self, least: int, depth: int) -> Expression:
        """An operand and every operation behind it that binds at least as tightly as `least`."""
        left = self.operand(depth)
        while True:
            sign = self.tokens[self.position]
            binding = _BINDING.get(sign, 0)
            if binding < least:
                return left
            self.position += 1
            # A power groups to the right and takes a sign behind it: 2^3^2, 2^-1.
            right = self.expression(_UNARY, self.deeper(depth)) if sign == "^" else self.expression(binding + 1, depth)
            self.count_operation()
            left = Operation(sign, left, right)  # type: ignore[arg-type]

    def operand(self, depth: int) -> Expression:
        token = self.tokens[self.position]
        self.position += 1
        node: Expression
        if token and token[0] in _DIGITS and token != ".":
            node = Number(literal(token))
        elif token == "(":
            node = self.expression(1, self.deeper(depth))
            self.expect(")")
        elif token in self.names:
            node = Symbol(token)
        elif token in FUNCTIONS:
            if self.tokens[self.position] != "(":
                raise UnexpectedTextError(f"{token} without brackets")
            node = Call(token, self.operand(depth))
        elif token in ("+", "-"):
            node = self.expression(_UNARY, self.deeper(depth))
            return node if token == "+" else Negation(node)
        else:
            raise UnexpectedTextError(f"unexpected {token!r}" if token else "the expression ends too early")
        while self.tokens[self.position] == "%":
            self.position += 1
            self.count_operation()
            node = Percent(node)
        return node

    def expect(self, token: str) -> None:
        found = self.tokens[self.position]
        if found != token:
            raise UnexpectedTextError(f"unexpected {found!r}" if found else "a bracket is not closed")
        self.position += 1

    def count_operation(self) -> None:
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise TooLargeError(f"more than {MAX_OPERATIONS} operations")

    def deeper(self, depth: int) -> int:
        if depth >= MAX_NESTING:
            raise TooLargeError(f"nested more than {MAX_NESTING} deep")
        return depth + 1


_DIGITS = frozenset("0123456789.")


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
    return _evaluate(expression, values or {})


def _evaluate(node: Expression, values: Mapping[str, Fraction]) -> Fraction:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Operation):
        return bounded(apply(node.operator, _evaluate(node.left, values), _evaluate(node.right, values)))
    if isinstance(node, Symbol):
        if node.name not in values:
            raise UndefinedValueError(f"{node.name} has no value")
        return values[node.name]
    operand = _evaluate(node.operand, values)
    if isinstance(node, Negation):
        return -operand
    if isinstance(node, Percent):
        return operand / 100
    return abs(operand) if node.function == "abs" else square_root(operand)


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
    """The root of a square of a rational. Raises UndefinedValueError below zero, IrrationalError for other values."""
    if value < 0:
        raise UndefinedValueError(f"the square root of {value}")
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        return Fraction(top, bottom)
    raise IrrationalError(f"the square root of {value} is not rational")


def symbols(expression: Expression) -> frozenset[str]:
    """The names in the expression."""
    return frozenset(node.name for node in walk(expression) if isinstance(node, Symbol))


def numbers(expression: Expression) -> list[Number]:
    """The literals of a tree, from left to right."""
    found: list[Number] = []
    stack = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Number):
            found.append(node)
        elif isinstance(node, Operation):
            stack += (node.right, node.left)
        elif not isinstance(node, Symbol):
            stack.append(node.operand)
    return found


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
        elif not isinstance(node, (Number, Symbol)):
            stack.append(node.operand)
    return found


def replace(expression: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    """The expression with each node for which `change` gives another put in its place; sharing is kept."""
    return _replace(expression, change, {})


def _replace(
    node: Expression, change: Callable[[Expression], Expression | None], done: dict[int, Expression]
) -> Expression:
    # A function of its own and not one inside `replace`: that would be garbage in a cycle with each call.
    if id(node) in done:
        return done[id(node)]
    new = change(node)
    if new is None:
        new = node
        if isinstance(node, Operation):
            left, right = _replace(node.left, change, done), _replace(node.right, change, done)
            if left is not node.left or right is not node.right:
                new = Operation(node.operator, left, right)
        elif not isinstance(node, (Number, Symbol)):
            operand = _replace(node.operand, change, done)
            if operand is not node.operand:
                new = Call(node.function, operand) if isinstance(node, Call) else type(node)(operand)
    done[id(node)] = new
    return new


Written = tuple[str, int]
"""The text of an expression and how tightly it binds: WRITTEN_SUM to WRITTEN_ATOM."""
WRITTEN_SUM, WRITTEN_PRODUCT, WRITTEN_SIGN, WRITTEN_ATOM = 1, 2, 3, 5  # a power is 4


def plain(expression: Expression) -> str:
    """Plain infix that `parse` reads back to the same function, `x + x/2`; numbers are exact, `1/20`.

    Raises TooLargeError where a shared tree written out would pass MAX_LENGTH.
    """
    return write(expression, str, {})[0]


def for_people(expression: Expression, names: Mapping[str, Written]) -> str:
    """Plain infix with short decimals, `0.05`, and what `names` puts in a symbol's place; raises as `plain` does."""
    return write(expression, decimal, names)[0]


def write(node: Expression, number_text: Callable[[Fraction], str], names: Mapping[str, Written]) -> Written:
    """The text of an expression, its numbers by `number_text` and its symbols by `names`; raises as `plain` does."""
    if isinstance(node, Number):
        return written_number(number_text(node.value))
    if isinstance(node, Symbol):
        return names.get(node.name) or (node.name, WRITTEN_ATOM)
    if isinstance(node, Operation):
        binding = _BINDING[node.operator]
        left, own = write(node.left, number_text, names)
        if own < binding + (node.operator == "^"):
            left = f"({left})"
        # On the right, an operand that binds no tighter needs brackets: 8 - (3 - 2), 8/(2*2).
        right, own = write(node.right, number_text, names)
        if own < binding + (node.operator != "+") or right[0] == "-":
            right = f"({right})"
        text = f"{left} {node.operator} {right}" if binding == WRITTEN_SUM else f"{left}{node.operator}{right}"
        if len(text) > MAX_LENGTH:
            raise TooLargeError(f"an expression of more than {MAX_LENGTH} characters")
        return text, binding
    operand, own = write(node.operand, number_text, names)
    if isinstance(node, Negation):
        return "-" + (operand if own > WRITTEN_SIGN else f"({operand})"), WRITTEN_SIGN
    if isinstance(node, Percent):
        return (operand if own >= WRITTEN_PRODUCT else f"({operand})") + "/100", WRITTEN_PRODUCT
    return f"{node.function}({operand})", WRITTEN_ATOM


def written_number(text: str) -> Written:
    """A number's text with how tightly it binds: a fraction as a product, a negative one as a sign."""
    return text, WRITTEN_PRODUCT if "/" in text else (WRITTEN_SIGN if text[0] == "-" else WRITTEN_ATOM)


MAX_PLACES = 4
"""Decimal places that are written out for people; a longer decimal stays a fraction."""


def decimal(value: Fraction) -> str:
    """The value as a decimal of at most MAX_PLACES places, `0.05`, or else as a fraction, `1/3`."""
    scale = 10**MAX_PLACES
    if value.denominator == 1 or scale % value.denominator:
        return str(value)
    whole, rest = divmod(abs(value.numerator) * (scale // value.denominator), scale)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{MAX_PLACES}d}".rstrip("0")
