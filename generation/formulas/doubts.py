"""Doubts: why a condition's relation is not certain, though the solution could be read."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from flint import fmpq

from generation.formulas.calculations import Calculation, clean
from generation.formulas.constants import surprise
from generation.formulas.links import Link, Quantity, Site, repeated_terms, summands
from generation.formulas.readings import Reading
from generation.verification.expression import ExpressionError, Operation, numbers, walk
from generation.verification.rational_function import Value, same
from schemas.problem import Problem

LINK_MARGIN = 1.0
"""How much better a link must be supported than chance."""
REUSE_SURPRISE = 1.0
"""Up to this `surprise` a number is so common that using it twice needs a word."""
REUSE_SUPPORT = 0.5
"""The support that each use of such a number needs."""


def find_doubts(
    problem: Problem,
    calculations: Sequence[Calculation],
    known: Sequence[Quantity],
    readings: Sequence[Reading],
    results: Sequence[fmpq],
) -> list[list[str]]:
    """For each condition, the reasons why its relation is not certain, given all readings, the best first."""
    best = readings[0]
    doubts: list[list[str]] = [[] for _ in known]

    def doubt_all(reason: str) -> None:
        for reasons in doubts:
            reasons.append(reason)

    _unexplained(best, doubt_all)
    _unused_results(best, calculations, doubt_all)
    _own_algebra(best, calculations, problem, doubts)
    _weak_links(best, calculations, doubts)
    _reuse(best, calculations, doubts)
    _number_of_terms(best, calculations, known, doubts)
    _labels(best, known, problem, doubts)
    if problem.notation == "latex":
        _in_expression(best, known, problem, doubts)
    _other_readings(readings, known, results, doubts)
    return doubts


def _unexplained(best: Reading, doubt_all: Callable[[str], None]) -> None:
    """A number that nothing explains may hide any condition."""
    for _, site, link in best.links:
        if link.origin == "unexplained":
            doubt_all(f"nothing explains the {site.value} of the solution")


def _unused_results(best: Reading, calculations: Sequence[Calculation], doubt_all: Callable[[str], None]) -> None:
    """A result that the answer is not made of: it was chosen from, compared with, or used where nothing says so."""
    used = {calculations[index].value for index in best.cone}
    for index, calculation in enumerate(calculations):
        if index not in best.cone and calculation.value not in used and not calculation.algebra:
            doubt_all(f"nothing uses the result {calculation.value} of line {calculation.line + 1}")


_COEFFICIENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?\*?\s?[A-Za-z](?![A-Za-z'])(?!\s*\d)")


def _own_algebra(best: Reading, calculations: Sequence[Calculation], problem: Problem, doubts: list[list[str]]) -> None:
    """A coefficient of the solution's own unknown may be made of others: the 3 of `2x + x = 3x`."""
    if not any(calculations[index].algebra for index in best.cone):
        return
    coefficients = {Fraction(text) for text in _COEFFICIENT.findall(clean(problem.solution))}
    for _, site, link in best.links:
        if link.origin == "condition" and site.value in coefficients:
            doubts[link.index].append(f"{site.value} is a coefficient of an unknown of the solution's own")


def _weak_links(best: Reading, calculations: Sequence[Calculation], doubts: list[list[str]]) -> None:
    """A link that is hardly better than chance puts in doubt every condition that it leads back to."""
    for index, site, link in best.links:
        if link.origin not in ("condition", "result"):
            continue
        chance = site.links[-1]  # unexplained, where the site can be left so
        if chance.origin == "unexplained" and link.score - chance.score < LINK_MARGIN:
            mask = 1 << link.index if link.origin == "condition" else best.depends[link.index]
            for condition, reasons in enumerate(doubts):
                if mask >> condition & 1:
                    reasons.append(f"the {site.value} of line {calculations[index].line + 1} may not be {link.reason}")


def _reuse(best: Reading, calculations: Sequence[Calculation], doubts: list[list[str]]) -> None:
    """A small number that stands in several places is not the same quantity in each without a word that says so."""
    uses: dict[int, list[tuple[int, Site, Link]]] = {}
    for index, site, link in best.links:
        if link.origin == "condition":
            uses.setdefault(link.index, []).append((index, site, link))
    for condition, places in uses.items():
        if len(places) < 2 or surprise(places[0][1].value) > REUSE_SURPRISE:
            continue
        calculated = [index for index, _, _ in places]
        for index, site, link in places:
            if link.score < REUSE_SUPPORT or calculated.count(index) > 1:
                doubts[condition].append(
                    f"the {site.value} of line {calculations[index].line + 1} may be another than {link.reason}"
                )


def _number_of_terms(
    best: Reading, calculations: Sequence[Calculation], known: Sequence[Quantity], doubts: list[list[str]]
) -> None:
    """A condition that may set how many terms a sum has does not stand in it as a number."""
    whole = {quantity.value for quantity in known if quantity.value.denominator == 1 and quantity.value >= 3}
    for index in best.cone if whole else ():
        form = calculations[index].forms[0]
        if len(numbers(form)) < 3:
            continue
        counts = repeated_terms(form) | {
            count for node in walk(form) if isinstance(node, Operation) and (count := summands(node)) >= 3
        }
        for condition, quantity in enumerate(known):
            if quantity.value in counts:
                doubts[condition].append(
                    f"line {calculations[index].line + 1} has {quantity.value} terms: the condition may be their number"
                )


_NAMING_WORD = re.compile(
    r"\b(?:year|grade|class|room|route|flight|chapter|level|stage|team|number|phase|part|type|unit|form|gate|platform|highway"
    r"|apartment|version|section|block|line)\s+$",
    re.I,
)


def _labels(best: Reading, known: Sequence[Quantity], problem: Problem, doubts: list[list[str]]) -> None:
    """The 2 of "the students in year 2" is a name: a solution that has a 2 means another."""
    for _, _, link in best.links:
        if link.origin == "condition":
            condition = known[link.index].condition
            if _NAMING_WORD.search(problem.question[max(0, condition.start - 12) : condition.start]):
                doubts[link.index].append(f'"{condition.text}" may be a name and no quantity')


_MATH_SPAN = re.compile(r"(?<!\\)\$(?:[^$\\]|\\.)+\$|\\\[.*?\\\]|\\\(.*?\\\)|\\begin\{.*?\\end\{", re.S)
_NO_MATHEMATICS = re.compile(r"\\(?:text|mbox|mathrm)\s*\{[^{}]*\}|\^?\s*\\circ|\\[$%,;! ]|\{,\}|[${}\s.,]")
IN_LATEX_SUPPORT = 1.0
"""The support that a common number's link needs in a LaTeX problem, where it may be a coefficient or an exponent."""


def _in_expression(best: Reading, known: Sequence[Quantity], problem: Problem, doubts: list[list[str]]) -> None:
    """A number inside a formula of the question is a coefficient, an index or a member of a list, not a quantity."""
    for span in _MATH_SPAN.finditer(problem.question):
        for index, quantity in enumerate(known):
            start, end = quantity.condition.start, quantity.condition.end
            if span.start() < end and start < span.end():
                rest = problem.question[span.start() : max(start, span.start())] + problem.question[end : span.end()]
                if _NO_MATHEMATICS.sub("", rest):
                    doubts[index].append(f'"{quantity.condition.text}" stands in an expression of the question')
    for _, site, link in best.links:
        if link.origin == "condition" and link.score < IN_LATEX_SUPPORT and surprise(site.value) <= REUSE_SURPRISE:
            doubts[link.index].append(f"only its value says that {site.value} is {link.reason}")


def _other_readings(
    readings: Sequence[Reading], known: Sequence[Quantity], results: Sequence[fmpq], doubts: list[list[str]]
) -> None:
    """Where readings that are about as well supported give another function of a condition, it is in doubt."""
    values = [quantity.number for quantity in known]
    best = readings[0]
    for condition in range(len(known)) if len(readings) > 1 else ():
        others = [other for other in readings[1:] if not _same_steps(best, other, condition)]
        mine = _function(best, condition, values, results) if others else None
        if any(not _agree(mine, _function(other, condition, values, results)) for other in others):
            doubts[condition].append("the solution's numbers can be read in more than one way")


def _same_steps(one: Reading, other: Reading, condition: int) -> bool:
    """Whether two readings are alike in every calculation that depends on the condition in either."""
    return one.answer == other.answer and all(
        mine is its
        for mine, its, my_mask, its_mask in zip(one.choices, other.choices, one.depends, other.depends, strict=True)
        if (my_mask | its_mask) >> condition & 1
    )


def _function(reading: Reading, condition: int, values: Sequence[fmpq], results: Sequence[fmpq]) -> Value | None:
    """The reading's f in one condition; None where it is no rational function."""
    if not reading.depends[reading.answer] >> condition & 1:
        return results[reading.answer]
    try:
        return reading.functions(condition, values, results)[f"r{reading.answer}"]
    except ExpressionError:
        return None


def _agree(one: Value | None, other: Value | None) -> bool:
    return one is not None and other is not None and (one is other or same(one, other))
