"""Examples for the report: a few candidates of each decision, chosen by a rule, as a person reads them."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from duckdb import DuckDBPyConnection
from markupsafe import Markup, escape

from curation.listing import Shown, show
from curation.report.mathematics import mathml
from curation.report.text import LONGEST, readable
from curation.review.record import flat, written
from curation.store import Store
from generation.verification.typeset import typeset_equation
from generation.wordings.fobar import mathematics
from schemas.decision import Verdict
from schemas.problem import Notation

_EACH = 3
_DELIMITERS = re.compile(r"\A(?:\$\$?|\\[(\[])|(?:\$\$?|\\[)\]])\Z")

Formula = tuple[int, int, str]
"""Where a formula stands in a text, and its LaTeX."""

CHOSEN = """
    SELECT candidate_id
    FROM (
        SELECT
            candidate_id,
            if(decision = 'accept', source, split_part(reasons[1], ':', 1)) AS alike,
            count(*) OVER (PARTITION BY alike) AS size,
            row_number() OVER (PARTITION BY alike ORDER BY candidate_id) AS place
        FROM candidate_overview WHERE decision = $decision
    )
    ORDER BY place, size DESC, alike LIMIT $each
"""
"""One of each source, or of each first reason, the most frequent first; within each, by id, which is a hash."""


class Example(NamedTuple):
    """A candidate with its texts as HTML: mathematics typeset, everything else escaped, the condition marked."""

    candidate_id: str
    source: str
    origin: str
    question: Markup
    answer: Markup
    condition: str
    backward_question: Markup
    backward_answer: str
    equation: Markup
    steps: tuple[Markup, ...]
    reasons: tuple[str, ...]
    decided_by: str


def examples(store: Store, connection: DuckDBPyConnection, decision: Verdict) -> tuple[Example, ...]:
    """The examples of one decision."""
    chosen = connection.execute(CHOSEN, {"decision": decision, "each": _EACH}).fetchall()
    return tuple(_example(show(store, candidate_id)) for (candidate_id,) in chosen)


def _example(shown: Shown) -> Example:
    problem, candidate = shown.problem, shown.candidate
    condition, notation = candidate.condition, problem.notation
    return Example(
        candidate_id=shown.candidate_id,
        source=problem.source,
        origin=problem.origin,
        question=typeset(problem.question, latex_in(problem.question, notation), (condition.start, condition.end)),
        answer=_answer(problem.answer, notation),
        condition=f"{condition.text}, {condition.kind.replace('_', ' ')}",
        backward_question=typeset(candidate.question, latex_in(candidate.question, notation)),
        backward_answer=candidate.answer,
        equation=_equation(shown),
        steps=tuple(_steps(shown)),
        reasons=shown.holds.reasons if shown.holds else (),
        decided_by=shown.holds.decided_by if shown.holds else "",
    )


def typeset(text: str, formulas: Iterable[Formula], marked: tuple[int, int] = (0, 0)) -> Markup:
    """The text as HTML, its formulas typeset, and what stands from the first to the second place marked.

    A formula that holds what is to be marked is marked as a whole.
    """
    start, end = marked
    text = readable(text)
    pieces = [(first, last, mathml(latex)) for first, last, latex in formulas if last <= LONGEST]
    if start < end <= LONGEST and not any(first < end and start < last for first, last, _ in pieces):
        pieces.append((start, end, None))
    parts: list[Markup] = []
    done = 0
    for first, last, set_ in sorted(pieces, key=lambda piece: piece[:2]):
        inside = escape(text[first:last]) if set_ is None else set_
        parts += (
            escape(text[done:first]),
            Markup("<mark>{}</mark>").format(inside) if first < end and start < last else inside,
        )
        done = last
    return Markup("").join((*parts, escape(text[done:])))


def latex_in(text: str, notation: Notation) -> list[Formula]:
    """The formulas of a LaTeX text; other notations have none."""
    if notation != "latex":
        return []
    return [(first, last, _DELIMITERS.sub("", text[first:last])) for first, last in mathematics(text[:LONGEST])]


def _steps(shown: Shown) -> Iterator[Markup]:
    """The steps, the equations in their words typeset."""
    relation = shown.candidate.relation
    for step in shown.candidate.solution:
        text = flat(step.text[:LONGEST])
        found = written(text, relation.unknown) if relation else []
        yield typeset(text, found or latex_in(text, shown.problem.notation))


def _answer(answer: str, notation: Notation) -> Markup:
    if notation == "latex" and "$" not in answer and "\\" in answer:
        return mathml(answer) or escape(readable(answer))
    return typeset(answer, latex_in(answer, notation))


def _equation(shown: Shown) -> Markup:
    relation = shown.candidate.relation
    if relation is None:
        return Markup("")
    latex = typeset_equation(relation.equation, relation.unknown)
    return (mathml(latex, display=True) if latex else None) or escape(readable(relation.equation))
