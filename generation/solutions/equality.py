"""One equality as a sentence writes it: read, and proved or refuted where no doubt is left about what it says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from generation.formulas.equalities import Side, read_equalities, read_side, states
from generation.solutions.doubts import calculates, doubt, excuse, is_converted, is_open, is_share
from generation.verification.expression import ExpressionError, decimal, for_people, symbols
from schemas.check import Outcome


@dataclass(frozen=True, slots=True)
class Equality:
    """A run `a = b = c`: its place in the line, its sides, and whether it is true.

    `sides` is empty where it cannot be read. `pass` and `fail` are exact; where there is any doubt it is `undecided`.
    """

    start: int
    end: int
    sides: tuple[Side, ...]
    outcome: Outcome
    reason: str

    @property
    def equation(self) -> str | None:
        """The first side that calculates, and the last, in plain infix; None where they cannot be read."""
        if not self.sides:
            return None
        *sides, last = self.sides
        first = next((side for side in sides if calculates(side.expression)), sides[0])
        try:
            left, right = for_people(first.expression, {}), for_people(last.expression, {})
        except ExpressionError:
            return None
        if last.value != first.value and states(last, first.value):
            right = decimal(first.value)  # 3/4*100 = 75%
        return f"{left} = {right}"

    @property
    def calculates(self) -> bool:
        """Whether it does more than name a value, as `x = 48` does."""
        return any(calculates(side.expression) for side in self.sides)


def equalities(line: str, values: Mapping[str, Fraction], unknown: str) -> list[Equality]:
    """Every equality of a plain line, in order, with each name worth its value.

    One that is false in another name than the unknown is undecided: a letter may stand for more than one thing.
    """
    found = []
    read = [False] * len(line)
    for run in read_equalities(line, frozenset(values)):
        (first, start), (last, end) = run[0], run[-1]
        start, end = start + len(first) - len(first.lstrip()), end + len(last.rstrip())
        read[start:end] = [True] * (end - start)
        sides = [read_side(text, offset, values) for text, offset in run]
        equality = _judged(line, start, end, sides, frozenset(values), unknown)
        if equality is not None:
            found.append(equality)
    for match in re.finditer("=", line):
        if not read[match.start()] and not _names_a_thing(line, match.start()):
            text = line[max(0, match.start() - 20) : match.end() + 20].strip()
            found.append(Equality(*match.span(), (), "undecided", f'"{text}" cannot be read'))
    return sorted(found, key=lambda equality: equality.start)


def _judged(
    line: str, start: int, end: int, sides: list[Side | None], names: frozenset[str], unknown: str
) -> Equality | None:
    """The equality of these sides; None where it is but a number that belongs to the words before it."""
    read = [side for side in sides if side is not None]
    if len(read) < len(sides):
        return Equality(start, end, (), "undecided", f'"{line[start:end]}" cannot be read')
    doubts = ""
    before, first = line[:start], line[start : read[1].offset]
    if (_is_number(read[0]) or is_share(read[0], read[1])) and not _equal(read[0], read[1]):
        if not before.rstrip()[-1:].isalpha() and not is_open(before):
            if len(read) > 2 and is_converted(first, line[read[-1].offset : end]):
                del read[0]  # 2 hours = 2 * 60 = 120 minutes
        elif len(read) > 2:
            del read[0]  # the cost of 3 apples = 3 * $2 = $6
        elif _is_number(read[1]) and not is_open(before):
            return None  # the cost of 3 apples = $6
        else:
            doubts = "its first number may belong to the words before it"
        start = max(start, read[0].offset)
    written = line[start:end]
    doubts = doubts or doubt(line, start, end, names)
    left = read[0]
    for right in read[1:]:
        if not doubts and not _equal(left, right):
            doubts = excuse(left, right, line, start, end, unknown)
            if not doubts:
                reason = f"{written.strip()} is false: {left.value} is not {right.value}"
                return Equality(start, end, (left, right), "fail", reason)
        if not _is_number(right):
            left = right
    if doubts:
        return Equality(start, end, tuple(read), "undecided", f'"{written.strip()}": {doubts}')
    return Equality(start, end, tuple(read), "pass", f"{written.strip()} holds")


def _is_number(side: Side) -> bool:
    return not calculates(side.expression) and not symbols(side.expression)


def _equal(left: Side, right: Side) -> bool:
    return states(left, right.value) or states(right, left.value)


_CLAUSE = re.compile(r"[;=]|[.,:!?](?![0-9])")


def _names_a_thing(line: str, at: int) -> bool:
    """Whether the sign has words before it, and no number but at a distance: "the cost of 3 apples today = "."""
    left = _CLAUSE.split(line[:at])[-1]
    behind_numbers = re.split(r"[0-9]", left)[-1]
    words = re.findall(r"[A-Za-z'’]{2,}", behind_numbers)
    return len(words) > (1 if behind_numbers != left else 0)
