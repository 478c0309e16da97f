"""Trace formulas: the conditions propagated as symbols through a solution's own calculations.

Each calculation is rewritten over the conditions (`c0`) and the earlier results (`r0`) that its numbers stand for.
Where several readings are possible, the one that the evidence supports best is taken, and every other that it supports
nearly as well is kept beside it: a relation is certain only where all of them give the same function of its condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from generation.formulas.calculations import Calculation, read_calculations
from generation.formulas.doubts import find_doubts
from generation.formulas.links import Evidence, quantities
from generation.formulas.near_value import near_only
from generation.formulas.readings import Reading, best_readings, choices_of
from generation.formulas.steps import Told, written_out
from generation.verification.expression import (
    Number,
    Operation,
    parse,
)
from generation.verification.rational_function import number
from schemas.condition import Condition
from schemas.formula import Formula, FormulaKind, NumberOrigin
from schemas.problem import Problem


class TraceError(ValueError):
    """The solution gives no formula of the answer; the message says why."""


@dataclass(slots=True, eq=False)
class Trace:
    """A solution read as calculations over conditions and earlier results: a `Worked` formula."""

    calculations: list[Calculation]
    reading: Reading
    conditions: list[fmpq]
    results: list[fmpq]
    doubts: list[list[str]]
    near_only: list[list[str]]
    answer: str
    kind: FormulaKind = "trace"

    def used(self, condition: int) -> str:
        """The lines of the solution that use the condition."""
        lines = [
            self.calculations[index].line + 1
            for index in self.reading.cone
            if self.reading.choices[index].conditions >> condition & 1
        ]
        return ", ".join(f"line {line}" for line in dict.fromkeys(lines)) or "no line"

    def told(self, index: int) -> Told:
        """The words of the line around a calculation; a line of several calculations has no words for one of them."""
        calculation = self.calculations[index]
        start, end = calculation.span
        before, after = calculation.text[:start], calculation.text[end:]
        alone = sum(other.line == calculation.line for other in self.calculations) == 1
        # "20 cows * $800 = $" before an annotation is its left side, which the calculation writes out itself.
        written_twice = before.rstrip(" $").endswith(("=", "*", "+", "-", "/", "×"))
        if not alone or written_twice or after.lstrip().startswith("%") or not (before.strip() or after.strip(" .")):
            before = after = ""
        return Told(before, after, "$" in calculation.text[start:end], calculation.unit)

    def unexplained(self) -> list[str]:
        """The numbers of the answer's calculations that nothing explains."""
        return [str(site.value) for _, site, link in self.reading.links if link.origin == "unexplained"]

    def formula(self) -> Formula:
        """The answer over the conditions alone. Raises TooLargeError where it would be too long to write out."""
        return Formula(
            kind=self.kind,
            expression=written_out(self.reading),
            numbers=tuple(
                NumberOrigin(
                    number=str(site.value),
                    origin=link.origin,
                    reason=link.reason,
                    certain=link.origin != "unexplained",
                )
                for _, site, link in self.reading.links
            ),
        )


def trace(problem: Problem, conditions: Sequence[Condition]) -> Trace:
    """Read the solution. Raises TraceError where it has no calculation, or none whose result is the answer."""
    lines, calculations = read_calculations(problem)
    if not calculations:
        raise TraceError("the solution has no calculation that holds")
    answer = _answer_value(problem.answer)
    _answer_in_percent(calculations, answer)
    endings = [index for index, calculation in enumerate(calculations) if calculation.value == answer]
    if not endings:
        raise TraceError(f"no calculation of the solution gives the answer {problem.answer}")
    known = quantities(problem.question, conditions)
    evidence = Evidence(problem.question, lines, known)
    options = [choices_of(index, calculations, known, evidence) for index in range(len(calculations))]
    readings = best_readings(options, endings, known)
    results = [number(calculation.value) for calculation in calculations]
    return Trace(
        calculations,
        readings[0],
        [quantity.number for quantity in known],
        results,
        find_doubts(problem, calculations, known, readings, results),
        near_only(
            problem.question,
            [calculation.unit for calculation in calculations],
            [calculation.value for calculation in calculations],
            readings[0],
            known,
        ),
        problem.answer,
    )


def _answer_value(answer: str) -> Fraction:
    """The answer as an exact number. Raises TraceError for any other answer."""
    try:
        parse(answer)  # bounds what Fraction reads: no exponents, not too many digits
        return Fraction(answer)
    except (ValueError, ZeroDivisionError) as error:
        raise TraceError(f"the answer {answer[:40]!r} is no exact number") from error


def _answer_in_percent(calculations: Sequence[Calculation], answer: Fraction) -> None:
    """Where the answer is a last result of 0.35 that is written 35%, let the calculation give 35."""
    last = calculations[-1]
    if last.percent and last.value * 100 == answer:
        last.forms = [Operation("*", form, Number(Fraction(100))) for form in last.forms]
        last.value = answer
