"""Rows of evaluation sets, read as questions: one reader for each way in which a set writes them."""

import re
from collections.abc import Callable
from typing import NamedTuple

from generation.sources import gsm8k, math_competition, records
from generation.sources.errors import RowError
from generation.sources.fields import MAX_ANSWER, MAX_QUESTION, MAX_SOLUTION, Fields, Parts, optional_text, text
from generation.sources.number import number_text
from generation.sources.prose import joined, tidied
from schemas.evaluation import Facts, Question, QuestionKind
from schemas.identity import content_id
from schemas.problem import Notation
from training.evaluation.facts import hidden_condition, read_facts

_ANNOTATION = re.compile(r"<<[^<>]*>>")
_BRACKETED = re.compile(r"\s*\([^()]*\)\s*$")
_RESULT = re.compile(r"above question is\s+([^\s]{1,40}?)[,.]?\s+what\s+is", re.I)
_MOST_CHOICES = 10


class Asked(NamedTuple):
    """What a row asks, and what it tells beside."""

    question: str
    gold: str
    reference: str
    notation: Notation
    kind: QuestionKind = "forward"
    original_question: str | None = None
    original_answer: str | None = None
    choices: tuple[str, ...] = ()
    topic: str | None = None
    level: str | None = None


Reader = Callable[[Fields], Asked]
"""Reads a row of a set. Raises RowError."""


def question(name: str, asked: Asked) -> Question:
    """The question of a set; the forward problem is named by its own question, whatever set that is in."""
    original = asked.question if asked.kind == "forward" else asked.original_question or asked.question
    return Question(
        set=name,
        row_id=content_id(asked.kind, asked.question, asked.gold),
        problem_id=content_id("question", " ".join(original.split())),
        kind=asked.kind,
        question=asked.question,
        gold=asked.gold,
        original_question=asked.original_question,
        original_answer=asked.original_answer,
        reference=_ANNOTATION.sub("", asked.reference),
        choices=asked.choices,
        facts=_facts(asked),
    )


def read_gsm8k(fields: Fields) -> Asked:
    """{"question", "answer"}, the answer being the solution, `####` and the number."""
    return _of(gsm8k.parts(fields))


def read_math(fields: Fields) -> Asked:
    """{"problem", "solution", "type" or "subject", "level"}, and "answer" where the row has one."""
    topic = optional_text(fields, "type", MAX_ANSWER) or optional_text(fields, "subject", MAX_ANSWER)
    level = str(fields.get("level") or "").removeprefix("Level ").strip()
    return _of(math_competition.parts(fields))._replace(topic=topic, level=level or None)


def read_svamp(fields: Fields) -> Asked:
    """{"Body", "Question", "Equation", "Answer", "Type"}."""
    body, asked = (text(fields, name, MAX_QUESTION) for name in ("Body", "Question"))
    return Asked(
        tidied(joined(body, asked)),
        number_text(fields.get("Answer"), "Answer"),
        text(fields, "Equation", MAX_ANSWER),
        "equation",
        topic=optional_text(fields, "Type", MAX_ANSWER),
    )


def read_asdiv(fields: Fields) -> Asked:
    """{"body", "question", "answer", "formula", "solution_type"}; the answer's unit, in brackets, is left out."""
    row = {name.lower(): value for name, value in fields.items()}
    answer = text(row, "answer", MAX_ANSWER)
    if ";" in answer:
        raise RowError(f"several answers: {answer}")
    asked = tidied(joined(optional_text(row, "body", MAX_QUESTION), text(row, "question", MAX_QUESTION)))
    formula = optional_text(row, "formula", MAX_ANSWER) or ""
    topic = optional_text(row, "solution_type", MAX_ANSWER) or optional_text(row, "solution-type", MAX_ANSWER)
    level = str(row.get("grade") or "") or None
    return Asked(asked, _BRACKETED.sub("", answer) or answer, formula, "equation", topic=topic, level=level)


def read_gsm_hard(fields: Fields) -> Asked:
    """{"input", "target"}: the target is a float, taken by its shortest decimal text."""
    return Asked(text(fields, "input", MAX_QUESTION), number_text(fields.get("target"), "target"), "", "text")


def read_aqua(fields: Fields) -> Asked:
    """{"question", "options", "correct", "rationale"}: options such as `A)5`, the right one by its letter."""
    options = fields.get("options")
    if not isinstance(options, list) or not 2 <= len(options) <= _MOST_CHOICES:
        raise RowError("options is no list of a few choices")
    choices = tuple(text({"an option": option}, "an option", MAX_ANSWER) for option in options)
    letter = text(fields, "correct", 1)
    if not any(choice.startswith(f"{letter})") for choice in choices):
        raise RowError(f"correct is {letter}, which no option begins with")
    asked = text(fields, "question", MAX_QUESTION)
    told = "\n".join((asked, *choices, "The answer is the letter of one of these choices."))
    return Asked(told, letter, optional_text(fields, "rationale", MAX_SOLUTION) or "", "latex", choices=choices)


def read_backward(fields: Fields) -> Asked:
    """{"question", "answer", "original_question"}: MetaMath's backward questions on GSM8K's test set.

    Half of the rows have the "original_answer"; of the others some tell it in the question, and some in words only.
    """
    asked = text(fields, "question", MAX_QUESTION)
    told = _RESULT.search(asked)
    return Asked(
        asked,
        text(fields, "answer", MAX_ANSWER),
        "",
        "text",
        "backward",
        text(fields, "original_question", MAX_QUESTION),
        optional_text(fields, "original_answer", MAX_ANSWER) or (told[1] if told else None),
    )


def read_records(fields: Fields) -> Asked:
    """{"question", "answer" or "solution"}; with "original_question" or "original_answer" it is a backward question."""
    found = _of(records.parts(fields))
    question = optional_text(fields, "original_question", MAX_QUESTION)
    answer = optional_text(fields, "original_answer", MAX_ANSWER)
    if question is None and answer is None:
        return found
    return found._replace(kind="backward", original_question=question, original_answer=answer)


def _of(parts: Parts) -> Asked:
    return Asked(parts.question, parts.answer, parts.solution, parts.notation)


def _facts(asked: Asked) -> Facts:
    hidden: tuple[str | None, float | None] = (None, None)
    if asked.kind == "backward" and asked.original_question:
        hidden = hidden_condition(asked.original_question, _first_difference(asked.original_question, asked.question))
    return read_facts(
        asked.question,
        asked.gold,
        asked.reference,
        asked.notation,
        choices=bool(asked.choices),
        topic=asked.topic,
        level=asked.level,
        hidden=hidden,
    )


def _first_difference(left: str, right: str) -> int:
    return next((index for index, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
