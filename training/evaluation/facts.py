"""Facts of a question: what slices of a set are made by."""

import re

from generation.conditions.finder import find_conditions
from schemas.evaluation import AnswerType, Facts
from schemas.problem import Notation

_ANNOTATION = re.compile(r"<<([^<>=]*)=[^<>]*>>")
_FINAL = re.compile(r"\s*####.*\Z", re.S)
_OPERATION = re.compile(r"(?<=[0-9a-z)%.])\s*[-+*/×÷]\s*(?=[0-9a-z($.])")
_TYPES: tuple[tuple[AnswerType, re.Pattern[str]], ...] = (
    ("integer", re.compile(r"[-−]?\$?[0-9]+(?:,[0-9]{3})*(?:\.0+)?")),
    ("decimal", re.compile(r"[-−]?\$?[0-9,]*\.[0-9]+")),
    ("fraction", re.compile(r"[-−]?(?:[0-9]+\s*/\s*[0-9]+|\\d?frac\{?[0-9]+\}?\{?[0-9]+\}?)")),
    ("percent", re.compile(r"[-−]?[0-9.,]+\s*\\?%")),
)


def read_facts(
    question: str,
    gold: str,
    solution: str,
    notation: Notation,
    *,
    choices: bool = False,
    topic: str | None = None,
    level: str | None = None,
    hidden: tuple[str | None, float | None] = (None, None),
) -> Facts:
    """The facts of a question with its solution; `hidden` are the kind and place of a backward question's condition.

    Steps and operations are told where the solution writes one step a line, and not where it is LaTeX.
    """
    numbers = [abs(each.number) for each in find_conditions(question, "latex" if notation == "latex" else "text")]
    counted = bool(solution) and notation != "latex"
    return Facts(
        steps=_steps(solution) if counted and notation != "equation" else None,
        operations=_operations(solution) if counted else None,
        largest_number=float(max(numbers)) if numbers else None,
        condition_kind=hidden[0],
        condition_position=hidden[1],
        topic=topic,
        level=level,
        answer_type="choice" if choices else answer_type(gold),
    )


def answer_type(gold: str) -> AnswerType:
    """What kind of answer a gold answer is, told from how it is written."""
    return next((name for name, pattern in _TYPES if pattern.fullmatch(gold.strip(" $"))), "expression")


def hidden_condition(original: str, start: int) -> tuple[str | None, float | None]:
    """The kind of the condition of the original question that begins at or holds `start`, and how far into it it is."""
    found = next((each for each in find_conditions(original, "text") if each.start <= start < each.end), None)
    return (found.kind, round(found.start / len(original), 3)) if found else (None, None)


def _steps(solution: str) -> int:
    return sum(1 for line in _FINAL.sub("", solution).splitlines() if line.strip())


def _operations(solution: str) -> int:
    """The signs of calculation: in the annotations where there are some, else left of each equals sign."""
    annotated = _ANNOTATION.findall(solution)
    lines = annotated or [line.partition("=")[0] for line in _FINAL.sub("", solution).splitlines()]
    return sum(len(_OPERATION.findall(f" {line}")) for line in lines)
