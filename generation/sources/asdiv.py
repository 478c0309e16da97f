"""ASDiv: primary-school word problems, each with a formula such as `7+2=9`."""

import re
from fractions import Fraction

from generation.sources.equation import solved
from generation.sources.errors import RowError
from generation.sources.fields import MAX_ANSWER, MAX_QUESTION, Fields, Parts, optional_text, text
from generation.sources.number import number_text, plain_number
from generation.sources.prose import joined, tidied

_UNIT = re.compile(r"\s*\(\s*[A-Za-z][A-Za-z. ]*(?:/[A-Za-z][A-Za-z. ]*)?\)")
_TRAILING_UNIT = re.compile(r"(?<=\d)\s+[A-Za-z]{2,}$")
_ANSWER = re.compile(r"(?P<number>[^A-Za-z;:]*?)(?:\s*\(\s*[A-Za-z].*\))?", re.DOTALL)


def parts(fields: Fields) -> Parts:
    """{"Body", "Question", "Answer", "Formula"}, or the same in lower case. Raises RowError."""
    row = {name.lower(): value for name, value in fields.items()}
    body, question = optional_text(row, "body", MAX_QUESTION), text(row, "question", MAX_QUESTION)
    answer = _answer(text(row, "answer", MAX_ANSWER))
    expression, result = _formula(text(row, "formula", MAX_ANSWER))
    if Fraction(result) != Fraction(answer):
        raise RowError(f"the formula ends in {result}, the answer says {answer}")
    solution, answer = solved(expression, answer)
    return Parts(tidied(joined(body, question)), solution, answer, "equation")


def _answer(given: str) -> str:
    """The number of `9 (apples)`."""
    if ";" in given:
        raise RowError(f"several answers: {given}")
    if re.match(r"\s*\d+:\d+", given):
        raise RowError(f"the answer is a time or a ratio: {given}")
    match = _ANSWER.fullmatch(given)
    return number_text(match["number"] if match else given, "answer")


def _formula(formula: str) -> tuple[str, str]:
    """The two sides of `7+2=9`, units in brackets left out; the right one is a number."""
    if ";" in formula:
        raise RowError(f"the formula has several equations: {formula}")
    if re.search(r"[<>]|\bequals\b", formula):
        raise RowError(f"the formula compares: {formula}")
    if re.search(r"\br\d", formula):
        raise RowError(f"the formula has a remainder: {formula}")
    plain = _TRAILING_UNIT.sub("", _UNIT.sub("", formula).strip())
    left, _, right = plain.partition("=")
    result = plain_number(right)
    if result is None or re.search(r"[A-Za-z]", left):
        raise RowError(f"the formula is not a calculation and its result: {formula}")
    return left, result
