"""Problems whose true formula is known: where each condition stands, and the answer as a function of all of them."""

import json
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from generation.sources.equation import infix
from generation.sources.ingest import read
from generation.verification.expression import (
    Expression,
    ExpressionError,
    UndefinedValueError,
    evaluate,
    numbers,
    parse,
)
from generation.verification.rational_function import UNKNOWN, Value, compute, number, same
from schemas.candidate import BackwardProblem
from schemas.problem import Problem

_PLACE = re.compile(r"\bnumber(\d{1,3})\b")
_NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")


@dataclass(frozen=True)
class Truth:
    """A problem and its true formula over names.

    `spans` says where each name's quantity stands in the question, `values` what it is there; a name that is not in the
    formula does not matter. `uncertain` names are those for which the formula holds near their value only.
    """

    problem: Problem
    formula: Expression
    spans: dict[str, tuple[int, int]]
    values: dict[str, Fraction]
    uncertain: frozenset[str] = frozenset()


def holds(truth: Truth, candidate: BackwardProblem) -> bool | None:
    """Whether a candidate's equation is the true formula as a function of its unknown; None where it is not known."""
    assert candidate.relation is not None
    start, end = candidate.condition.start, candidate.condition.end
    names = [key for key, (first, last) in truth.spans.items() if first < end and start < last]
    if not names and candidate.condition.number in {literal.value for literal in numbers(truth.formula)}:
        return None  # a number word that the template has as a constant: where it belongs is not known
    if len(names) != 1 or names[0] in truth.uncertain:
        return False
    values: dict[str, Value] = {key: number(value) for key, value in truth.values.items()}
    values[names[0]] = UNKNOWN
    try:
        true = compute(truth.formula, values)
    except ExpressionError:
        return None  # the true formula is no rational function of this condition
    unknown = candidate.relation.unknown
    return bool(same(true, compute(parse(candidate.relation.expression, (unknown,)), {unknown: UNKNOWN})))


def mawps(path: Path, folder: Path, refills: int, seed: int) -> Iterator[Truth]:
    """MAWPS's numbered templates, as they are and `refills` times with other numbers, many of them equal by intent."""
    rows = [row for row in map(json.loads, path.read_text().splitlines()) if not _matched_by_value(row)]
    dice = random.Random(seed)
    filled = list(rows)
    filled += [other for row in rows for _ in range(refills) if (other := _refilled(row, dice)) is not None]
    made = folder / "mawps.jsonl"
    made.write_text("".join(json.dumps(row) + "\n" for row in filled))
    by_line = {
        int(problem.origin.rpartition(":")[2]): problem
        for problem in read("mawps", path=made)
        if isinstance(problem, Problem)
    }
    for line, row in enumerate(filled, 1):
        problem = by_line.get(line)
        places = [int(number) for number in _PLACE.findall(row["Question"])]
        if problem is None or len(set(places)) != len(places):
            continue
        spans = [match.span() for match in _NUMERAL.finditer(problem.question)]
        if len(spans) != len(places):
            continue  # the template has numerals of its own
        names = [f"n{place}" for place in places]
        given = [Fraction(number) for number in row["Numbers"].split()]
        formula = parse(infix(_PLACE.sub(r"n\1", row["Equation"]).split()), [f"n{i}" for i in range(len(given))])
        values = {f"n{i}": value for i, value in enumerate(given)}
        yield Truth(problem, formula, dict(zip(names, spans, strict=True)), values)


def _matched_by_value(row: dict[str, str]) -> bool:
    """Whether the template took one of two equal numbers for both, `n0*n0` for 7 boxes of 7: n1 then has no place."""
    used = _PLACE.findall(row["Equation"])
    numbers = row["Numbers"].split()
    twice = {numbers[int(place)] for place in used if used.count(place) > 1}
    return any(number in twice and str(place) not in used for place, number in enumerate(numbers))


def _refilled(row: dict[str, str], dice: random.Random) -> dict[str, str] | None:
    """The template with small numbers, where two are often equal, whose answer is a whole number above zero."""
    count = len(row["Numbers"].split())
    names = [f"n{i}" for i in range(count)]
    try:
        formula = parse(infix(_PLACE.sub(r"n\1", row["Equation"]).split()), names)
    except ExpressionError:
        return None
    for _ in range(20):
        numbers = [dice.choice((2, 3, 4, 5, 6, 8, 10, 12, 20, 24)) for _ in names]
        try:
            answer = evaluate(formula, {name: Fraction(number) for name, number in zip(names, numbers, strict=True)})
        except UndefinedValueError:
            continue
        if answer > 0 and answer.denominator == 1:
            return row | {"Numbers": " ".join(map(str, numbers)), "Answer": str(answer)}
    return None


def sample(problems: Path, formulas: Path) -> Iterator[Truth]:
    """The bundled sample with its true formulas."""
    read_problems = [problem for problem in read("gsm8k", path=problems) if isinstance(problem, Problem)]
    rows = [json.loads(line) for line in formulas.read_text().splitlines()]
    for problem, row in zip(read_problems, rows, strict=True):
        spans: dict[str, tuple[int, int]] = {}
        length = 0
        for literal, name, _, _ in string.Formatter().parse(row["template"]):
            length += len(literal)
            if name:
                spans[name] = (length, length + len(row["texts"][name]))
                length += len(row["texts"][name])
        values = {name: Fraction(value) for name, value in row["values"].items()}
        yield Truth(problem, parse(row["formula"], list(values)), spans, values, frozenset(row["not_invertible"]))
