"""Arithmetic expressions: the one parser that text from data or a model goes through.

Plain infix over exact rationals: `+ - * / ^`, brackets, unary minus, percent signs, `sqrt` and `abs`, and the
names that the caller allows. Nothing is evaluated as Python, and every limit below is a named constant: a text
over a limit is an error at once, never a long wait.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
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


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A literal: its exact value, and where it stands in the text it was read from (-1: nowhere)."""

    value: Fraction
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A named quantity."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """Two operands under one of `+ - * / ^`."""

    operator: Operator
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Negation:
    """Minus the operand."""

    operand: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Percent:
    """The operand with a percent sign behind it: a hundredth of it."""

    operand: "Expression"


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """`sqrt` or `abs` of the operand."""

    function: str
    operand: "Expression"


Expression = Number | Symbol | Operation | Negation | Percent | Call

_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d*)?|\.\d+)"
_NAME = r"(?P<name>[A-Za-z_]\w*)"
_SIGN = r"(?P<sign>\*\*|[-+*/^()\[\]%×÷·−]"
_TOKEN = re.compile(rf"\s*(?:{_NUMBER}|{_NAME}|{_SIGN}))")
_TOKEN_TIMES_X = re.compile(rf"\s*(?:{_NUMBER}|{_SIGN}|[xX](?![A-Za-z_]))|{_NAME})")
_SAME: dict[str, str] = {"**": "^", "×": "*", "·": "*", "÷": "/", "−": "-", "[": "(", "]": ")", "x": "*", "X": "*"}
_PRECEDENCE: dict[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_UNARY = 3
_ATOM = 5


def parse(text: str, names: Collection[str] = ()) -> Expression:
    """Read plain infix; a name outside `names` and the functions is an error, but `x` is a times sign where it is no name.

    Raises TooLargeError over a limit and UnexpectedTextError for anything else that is no expression.
    """
    if len(text) > MAX_LENGTH:
        raise TooLargeError(f"{len(text)} characters, more than {MAX_LENGTH}")
    parser = _Parser(text, names)
    expression = parser.sum(0)
    if parser.kind is not None:
        raise UnexpectedTextError(f"unexpected {parser.token!r} at {parser.start}")
    return expression


class _Parser:
    """Recursive descent over one text; `kind`, `token`, `start` and `end` describe the token at hand."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text, self.names = text, names
        self.pattern = _TOKEN if "x" in names or "X" in names else _TOKEN_TIMES_X
        self.position = self.operations = 0
        self.advance()

    def advance(self) -> None:
        match = self.pattern.match(self.text, self.position)
        if match is None:
            rest = self.text[self.position :].strip()
            if rest:
                raise UnexpectedTextError(f"unexpected {rest[:20]!r} at {self.position}")
            self.kind, self.token, self.start, self.end = None, "", self.position, self.position
            return
        self.kind = match.lastgroup
        self.token = match[self.kind or 0]
        self.start, self.end = match.span(self.kind or 0)
        self.position = match.end()
        if self.kind == "sign":
            self.token = _SAME.get(self.token, self.token)

    def sum(self, depth: int) -> Expression:
        left = self.product(depth)
        while self.kind == "sign" and self.token in "+-":
            operator: Operator = "+" if self.token == "+" else "-"
            self.advance()
            left = self.operation(operator, left, self.product(depth))
        return left

    def product(self, depth: int) -> Expression:
        left = self.signed(depth)
        while self.kind == "sign" and self.token in "*/":
            operator: Operator = "*" if self.token == "*" else "/"
            self.advance()
            left = self.operation(operator, left, self.signed(depth))
        return left

    def signed(self, depth: int) -> Expression:
        if self.kind == "sign" and self.token in "+-":
            sign = self.token
            self.advance()
            operand = self.signed(self.deeper(depth))
            return operand if sign == "+" else Negation(operand)
        return self.power(depth)

    def power(self, depth: int) -> Expression:
        base = self.atom(depth)
        while self.kind == "sign" and self.token == "%":
            self.advance()
            base = Percent(base)
        if self.kind == "sign" and self.token == "^":
            self.advance()
            return self.operation("^", base, self.signed(self.deeper(depth)))
        return base

    def atom(self, depth: int) -> Expression:
        kind, token, start, end = self.kind, self.token, self.start, self.end
        if kind == "number":
            self.advance()
            return Number(literal(token), start, end)
        if kind == "name" and token in self.names:
            self.advance()
            return Symbol(token)
        if kind == "name" and token in FUNCTIONS:
            self.advance()
            if self.token != "(":
                raise UnexpectedTextError(f"{token} without brackets at {start}")
            return Call(token, self.atom(depth))
        if token == "(":
            self.advance()
            inner = self.sum(self.deeper(depth))
            if self.token != ")":
                raise UnexpectedTextError(f"bracket at {start} is not closed")
            self.advance()
            return inner
        raise UnexpectedTextError(f"unexpected {token!r} at {start}" if kind else "the expression ends too early")

    def operation(self, operator: Operator, left: Expression, right: Expression) -> Expression:
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise TooLargeError(f"more than {MAX_OPERATIONS} operations")
        return Operation(operator, left, right)

    def deeper(self, depth: int) -> int:
        if depth >= MAX_NESTING:
            raise TooLargeError(f"nested more than {MAX_NESTING} deep")
        return depth + 1


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
        match node:
            case Number():
                return node.value
            case Operation():
                return bounded(apply(node.operator, value(node.left), value(node.right)))
            case Symbol():
                if node.name not in known:
                    raise UndefinedValueError(f"{node.name} has no value")
                return known[node.name]
            case Negation():
                return -value(node.operand)
            case Percent():
                return value(node.operand) / 100
            case Call("abs"):
                return abs(value(node.operand))
            case Call():
                return square_root(value(node.operand))

    return value(expression)


def apply(operator: Operator, left: Fraction, right: Fraction) -> Fraction:
    """One exact operation; raises as `evaluate` does."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            if not right:
                raise UndefinedValueError("division by zero")
            return left / right
        case "^":
            exponent = whole_exponent(right)
            if exponent < 0 and not left:
                raise UndefinedValueError("division by zero")
            if max(left.numerator.bit_length(), left.denominator.bit_length()) * abs(exponent) > MAX_BITS:
                raise TooLargeError(f"a power of more than {MAX_BITS} bits")
            return left**exponent


def whole_exponent(value: Fraction) -> int:
    """The exponent as an int. Raises UndefinedValueError unless whole, TooLargeError over MAX_EXPONENT."""
    if value.denominator != 1:
        raise UndefinedValueError("an exponent that is not a whole number")
    if abs(value.numerator) > MAX_EXPONENT:
        raise TooLargeError(f"an exponent over {MAX_EXPONENT}")
    return value.numerator


def bounded(value: Fraction) -> Fraction:
    """The value itself. Raises TooLargeError over MAX_BITS."""
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
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


def plain(expression: Expression) -> str:
    """Plain infix that `parse` reads back to the same function, `x + x/2`; fractions stay exact.

    Raises TooLargeError where a shared tree written out would pass MAX_LENGTH.
    """
    text, _ = _written(expression)
    return text


def _written(node: Expression) -> tuple[str, int]:
    """The text of a node and how tightly it binds."""
    match node:
        case Number():
            return exact(node.value), _UNARY if node.value < 0 else (2 if node.value.denominator != 1 else _ATOM)
        case Symbol():
            return node.name, _ATOM
        case Negation():
            return "-" + _operand(node.operand, _UNARY + 1), _UNARY
        case Percent():
            return _operand(node.operand, 2) + "/100", 2
        case Call():
            return f"{node.function}({_written(node.operand)[0]})", _ATOM
        case Operation():
            binding = _PRECEDENCE[node.operator]
            # On the right, an operand that binds no tighter needs brackets: 8 - (3 - 2), 8/(2*2).
            left = _operand(node.left, binding + (node.operator == "^"))
            right = _operand(node.right, binding + (node.operator != "+"))
            text = f"{left} {node.operator} {right}" if binding == 1 else f"{left}{node.operator}{right}"
            if len(text) > MAX_LENGTH:
                raise TooLargeError(f"an expression of more than {MAX_LENGTH} characters")
            return text, binding


def _operand(node: Expression, binding: int) -> str:
    text, own = _written(node)
    return text if own >= binding else f"({text})"


def exact(value: Fraction) -> str:
    """The exact text of a value: `72`, `-1/3`."""
    return str(value)
