"""The lines of a forward solution as a person reads them, and the calculations that each of them writes out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from generation.formulas.calculations import MAX_LINE, MAX_LINES, clean
from generation.formulas.equalities import NUMERAL, Side, read_equalities, read_side, states
from generation.formulas.latex import plain_text
from generation.verification.expression import ExpressionError, Number, evaluate, literal, parse
from schemas.problem import Problem

NUMERALS = re.compile(rf"(?<![A-Za-z0-9.]){NUMERAL}")
_ANNOTATION = re.compile(r"<<([^<>]*)>>")


@dataclass(frozen=True, slots=True)
class Written:
    """One calculation as the line writes it: `left`, the sign between, and a result, which stands from start to end."""

    left: str
    left_start: int
    start: int
    end: int
    value: Fraction


@dataclass(frozen=True, slots=True)
class Line:
    """One line without annotations.

    `written` are its calculations of the form `48 + 24 = 72`. `proved` is true where it calculates and every equality
    in it, annotated or written out, holds exactly. `closed` are the numbers of what calculates in any other form, a
    run of three sides or an annotation that the text does not write out: if one changes, the line cannot be redone.
    """

    text: str
    written: tuple[Written, ...]
    proved: bool
    closed: frozenset[Fraction]


def read_lines(problem: Problem) -> tuple[Line, ...]:
    """The solution's lines; empty where it has more or longer ones than are read."""
    text = plain_text(problem.solution) if problem.notation == "latex" else problem.solution
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines):
        return ()
    return tuple(_read(line) for line in lines)


@lru_cache(maxsize=4096)  # the lines of a problem are asked for with every corruption that is tried
def values_in(text: str) -> frozenset[Fraction]:
    """The numbers that a text writes in digits; those that are too long to be read are left out."""
    return frozenset(value for match in NUMERALS.finditer(text) if (value := value_of(match[0])) is not None)


def value_of(numeral: str) -> Fraction | None:
    """The number, or None where it is too long to be read."""
    try:
        return literal(numeral)
    except ExpressionError:
        return None


def _read(line: str) -> Line:
    text = clean(line).strip()
    annotations = _ANNOTATION.findall(line)
    runs = list(_runs(text))
    written = tuple(found for sides, offsets in runs if (found := _written(text, sides, offsets)) is not None)
    signs = sum(len(sides) - 1 for sides, _ in runs)
    shown = {"=".join(side.text for side in sides if side is not None) for sides, _ in runs}
    holds = (
        signs == text.count("=")
        and all(_run_holds(sides) for sides, _ in runs)
        and all(annotation in shown or _annotation_holds(annotation) for annotation in annotations)
    )
    all_written = len(written) == len(runs) and len(annotations) <= len(written)
    proved = holds and bool(runs or annotations)
    return Line(text, written, proved, frozenset() if all_written else values_in(line))


def _runs(text: str) -> Iterator[tuple[list[Side | None], list[tuple[str, int]]]]:
    for run in read_equalities(text):
        yield [read_side(side, offset) for side, offset in run], run


def _run_holds(sides: list[Side | None]) -> bool:
    read = [side for side in sides if side is not None]
    return len(read) == len(sides) and all(states(side, read[0].value) for side in read[1:])


def _written(text: str, sides: list[Side | None], run: list[tuple[str, int]]) -> Written | None:
    """The calculation of two sides that hold, of which the right one is a plain number."""
    if len(run) != 2:
        return None
    left, right = sides
    if left is None or right is None or left.value != right.value or len(left.numbers) < 2:
        return None
    result = NUMERALS.search(text, run[1][1])
    if result is None or not isinstance(right.expression, Number):
        return None
    return Written(run[0][0], run[0][1], result.start(), result.end(), left.value)


def _annotation_holds(annotation: str) -> bool:
    left, _, right = annotation.partition("=")
    try:
        return evaluate(parse(left)) == evaluate(parse(right))
    except ExpressionError:
        return False
