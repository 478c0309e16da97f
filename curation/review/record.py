"""A candidate as a record in Argilla: what a person needs to decide in seconds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curation.review.markup import THIN, inline, markdown, prose, woven
from generation.verification.expression import decimal
from generation.verification.typeset import typeset_equation
from generation.wordings.fobar import mathematics
from schemas.candidate import BackwardProblem
from schemas.check import CheckName
from schemas.problem import Notation, Problem
from schemas.review import ReviewItem
from schemas.step import Step

SUGGESTED_BY = "backmath"
"""The agent that Argilla shows beside a suggestion."""

BLIND = "Nothing is said about this one. Please check all of it."


def record(
    item: ReviewItem,
    problem: Problem,
    candidate: BackwardProblem,
    doubt: str,
    doubtful: Sequence[CheckName],
    questions: Mapping[str, str],
) -> dict[str, Any]:
    """The record of an item as Argilla's API takes it.

    `doubt` is Markdown, `doubtful` are the checks that held the candidate back, `questions` the ids of the dataset's
    questions by name. A blind record has no suggestions, no doubt and no metadata that would tell it from another.
    """
    metadata: dict[str, Any] = {"source": problem.source, "formula": candidate.formula}
    if not item.blind:
        metadata["failed_checks"] = list(doubtful)
        if item.probability is not None:
            metadata["uncertainty"] = round(uncertainty(item.probability), 4)
    return {
        "external_id": item.candidate_id,
        "fields": {
            "problem": _problem(problem, candidate),
            "question": _question(problem, candidate),
            "solution": solution(candidate, problem.notation),
            "doubt": BLIND if item.blind else doubt,
            "steps": steps(candidate.solution),
        },
        "metadata": metadata,
        "suggestions": _suggestions(item, candidate, questions),
    }


def uncertainty(probability: float) -> float:
    """How little is known of a candidate that is right with this probability: 0 where it is sure, 1 at one half."""
    return 4 * probability * (1 - probability)


def steps(solution: Sequence[Step]) -> str:
    """The steps as plain text, one a line, numbered from 1."""
    return "\n".join(f"{number}. {flat(step.text)}" for number, step in enumerate(solution, 1))


def step_spans(solution: Sequence[Step]) -> list[tuple[int, int]]:
    """Where each step stands in the text of `steps`."""
    spans, start = [], 0
    for number, step in enumerate(solution, 1):
        end = start + len(f"{number}. {flat(step.text)}")
        spans.append((start, end))
        start = end + 1
    return spans


def solution(candidate: BackwardProblem, notation: Notation) -> str:
    """The steps as Markdown, their equations typeset."""
    if candidate.relation is None or not candidate.solution:
        return prose("There is none.")
    unknown = candidate.relation.unknown
    return "\n".join(f"{number}. {_step(step, unknown, notation)}" for number, step in enumerate(candidate.solution, 1))


def _step(step: Step, unknown: str, notation: Notation) -> str:
    """A step with its equation typeset: in its place in the text, or below where the text does not have it."""
    text = flat(step.text)
    formulas = written(text, unknown)
    if formulas:
        return woven(text, formulas)
    said = _indented(markdown(text, notation))
    typeset = typeset_equation(step.equation, unknown) if step.equation else None
    return f"{said}  \n   {inline(typeset)}" if typeset else said


def written(text: str, unknown: str) -> list[tuple[int, int, str]]:
    """The equations that stand in the words of a step: where, and their LaTeX."""
    formulas = []
    for run in re.finditer(rf"(?:[-+*/^().=$\d\s%]|,(?=\d)|\b{re.escape(unknown)}\b)+", text):
        start, end = run.start() + len(run[0]) - len(run[0].lstrip(" .")), run.start() + len(run[0].rstrip(" ."))
        equation = text[start:end].replace("$", "")
        if any(sign in equation for sign in "=*/") and (typeset := typeset_equation(equation, unknown)):
            formulas.append((start, end, typeset))
    return formulas


def _problem(problem: Problem, candidate: BackwardProblem) -> str:
    condition = candidate.condition
    told = condition.unit == "%" or (condition.unit or "") in condition.text
    unit = "" if told else condition.unit or ""
    what = ", ".join(filter(None, (f"**{prose(condition.text)}**", prose(unit))))
    return f"{_marked(problem, candidate)}\n\n*Answer:* {_answer(problem)} {THIN} *Hidden:* {what}"


def _marked(problem: Problem, candidate: BackwardProblem) -> str:
    """The question with its condition marked; one that is a part of a formula is not, the line below names it."""
    start, end = candidate.condition.start, candidate.condition.end
    question, notation = problem.question, problem.notation
    if notation == "latex" and any(first < end and start < last for first, last in mathematics(question)):
        return markdown(question, notation)
    return markdown(question, notation, (start, end))


def _answer(problem: Problem) -> str:
    if problem.notation == "latex" and "$" not in problem.answer:
        return f"{inline(problem.answer)} "
    return markdown(problem.answer, problem.notation)


def _question(problem: Problem, candidate: BackwardProblem) -> str:
    parts = [
        markdown(candidate.question, problem.notation),
        f"*Answer:* **{prose(decimal(candidate.condition.number))}**",
    ]
    if candidate.relation is not None:
        equation = candidate.relation.equation
        typeset = typeset_equation(equation, candidate.relation.unknown)
        parts.append(f"*Equation:* {inline(typeset) if typeset else prose(equation)}")
    return "\n\n".join(parts)


def _suggestions(item: ReviewItem, candidate: BackwardProblem, questions: Mapping[str, str]) -> list[dict[str, Any]]:
    """The suggested answers, and the question's text for who wants to correct it; none for a blind item."""
    if item.blind:
        return []
    suggested = {
        "verdict": item.suggested_verdict,
        "category": item.suggested_category,
        "corrected_question": candidate.question,
    }
    score = None if item.probability is None else round(max(item.probability, 1 - item.probability), 4)
    return [
        {
            "question_id": questions[name],
            "value": value,
            "agent": SUGGESTED_BY,
            "score": score if name == "verdict" else None,
            "type": "model",
        }
        for name, value in suggested.items()
        if value is not None and name in questions
    ]


def flat(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def _indented(text: str) -> str:
    return text.replace("\n", "\n   ")
