"""Backward questions that are bad, and known to be: step 0 of a backward problem with the label 0.

Some were rejected for it: the answer does not depend on the hidden condition, or another value fits as well. Others
are made of accepted ones on purpose, one a candidate, and each is wrong by proof: without a condition on which the
answer depends, no value can be found; a question that states the hidden value is none; and with another original
answer, the equation has not the hidden value for a root.
"""

import random
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Literal

from curation.process_labels.corruptions.arithmetic import like, slips
from generation.verification.expression import ExpressionError, evaluate, parse
from generation.wordings.fobar import masked
from schemas.candidate import BackwardProblem
from schemas.check import CheckName
from schemas.condition import Condition
from schemas.formula import Formula
from schemas.problem import Problem
from schemas.published import ProcessRow

BadQuestion = Literal["ill_posed", "leak", "wrong_answer"]
KINDS: tuple[BadQuestion, ...] = ("ill_posed", "leak", "wrong_answer")
"""What is made on purpose."""

_REJECTED_FOR: tuple[CheckName, ...] = ("depends_on_condition", "unique_root")
_SOME = {"integer": "some", "money": "some money"}


def rejected(problem: Problem, candidate: BackwardProblem) -> ProcessRow | None:
    """The question of a candidate whose checks prove that it is irrelevant or ambiguous; None for any other."""
    failed = any(check.name in _REJECTED_FOR and check.outcome == "fail" for check in candidate.checks)
    return bad_row(problem, candidate.question) if failed else None


def bad_row(problem: Problem, question: str) -> ProcessRow:
    """A question with the label 0, and nothing behind it."""
    return ProcessRow(
        prompt=problem.question,
        completions=(question,),
        labels=(0,),
        label_source="corruption",
        problem_id=problem.id,
    )


def spoiled(
    problem: Problem,
    conditions: Sequence[Condition],
    formula: Formula,
    candidate: BackwardProblem,
    random_numbers: random.Random,
) -> tuple[BadQuestion, str] | None:
    """The question of an accepted candidate made bad, of the first kind that can be made; None where none can."""
    for kind in random_numbers.sample(KINDS, len(KINDS)):
        if kind == "ill_posed":
            order = random_numbers.sample(range(len(conditions)), len(conditions))
            ways = list(islice(_ill_posed(problem, conditions, formula, candidate, order), 1))
        elif kind == "leak":
            ways = list(_leaking(candidate))
        else:
            ways = list(_wrong_answers(problem, candidate))
        if ways:
            return kind, random_numbers.choice(ways)
    return None


def _ill_posed(
    problem: Problem,
    conditions: Sequence[Condition],
    formula: Formula,
    candidate: BackwardProblem,
    order: Sequence[int],
) -> Iterator[str]:
    """The question without another condition on which the answer depends, in this order: "some" in its place."""
    hidden, relation = candidate.condition, candidate.relation
    if relation is None or not candidate.question.startswith(
        masked(problem.question, hidden, relation.unknown).strip()
    ):
        return
    for index in order:
        condition = conditions[index]
        behind = problem.question[condition.end : condition.end + 1]
        if condition.kind not in _SOME or behind not in (" ", ".", ",") or _overlap(condition, hidden):
            continue
        if behind != " " and condition.kind == "integer":
            continue  # "he ate some."
        if _depends(formula, conditions, index):
            yield _without(candidate.question, problem.question, condition, hidden)


def _overlap(condition: Condition, other: Condition) -> bool:
    return condition.start < other.end and other.start < condition.end


def _without(question: str, original: str, condition: Condition, hidden: Condition) -> str:
    """The backward question with the condition's text, found from the end of the original where it stands behind."""
    start = condition.start
    if condition.start > hidden.start:  # what stands behind the unknown has moved by as much as the text has grown
        tail = original[condition.start :].strip()
        start = question.index(tail, hidden.start)
    text = _SOME[condition.kind]
    capital = start == 0 or question[:start].rstrip()[-1:] in (".", "?", "!")
    return question[:start] + (text.capitalize() if capital else text) + question[start + len(condition.text) :]


def _depends(formula: Formula, conditions: Sequence[Condition], index: int) -> bool:
    """Whether the answer changes with the condition, by exact arithmetic at two of its values."""
    if f"c{index}" not in formula.expression:
        return False
    values = {f"c{place}": condition.number for place, condition in enumerate(conditions)}
    try:
        expression = parse(formula.expression, values)
        return evaluate(expression, values) != evaluate(
            expression, values | {f"c{index}": values[f"c{index}"] + Fraction(1)}
        )
    except ExpressionError:
        return False


def _leaking(candidate: BackwardProblem) -> Iterator[str]:
    """The question with the hidden value stated."""
    if candidate.relation is None:
        return
    unknown, value, question = candidate.relation.unknown, candidate.answer, candidate.question
    yield f"{question} (Here {unknown} is {value}.)"
    asked = question.rfind("If we know")
    if asked > 0:
        yield f"{question[:asked]}Note that {unknown} = {value}. {question[asked:]}"
    match = re.search(rf"(?<![A-Za-z$\\]){re.escape(unknown)}(?![A-Za-z])", question[: max(asked, 0)])
    if match is not None:
        yield f"{question[: match.end()]} (that is, {value}){question[match.end() :]}"


def _wrong_answers(problem: Problem, candidate: BackwardProblem) -> Iterator[str]:
    """The question with another original answer than the one of which the hidden value is the root."""
    head, given, tail = candidate.question.rpartition(f" is {problem.answer}, ")
    if not given or not re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", problem.answer):
        return
    for other in slips(problem.answer):
        yield f"{head} is {like(other, problem.answer)}, {tail}"
