"""MAWPS: word problems with their equations, in the forms that its parts are published in."""

import re

from generation.sources.equation import infix, solved
from generation.sources.errors import RowError
from generation.sources.fields import MAX_ANSWER, MAX_QUESTION, Fields, Parts, kind, text
from generation.sources.number import number_text
from generation.sources.prose import tidied

_PLACE = re.compile(r"\bnumber(\d{1,3})\b")
_UNKNOWN_ALONE = re.compile(r"\s*[xX]\s*=(?P<right>[^=xX]+)|(?P<left>[^=xX]+)=\s*[xX]\s*")


def parts(fields: Fields) -> Parts:
    """A row in one of three forms. Raises RowError, also for a row that has no equation.

    Numbered templates {"Question", "Numbers", "Equation" in prefix notation, "Answer"}; the original
    {"sQuestion", "lEquations", "lSolutions"}, solved for X; {"question", "expression", "result"}.
    """
    if "Numbers" in fields:
        return _template(fields)
    if "sQuestion" in fields:
        return _original(fields)
    if "expression" in fields:
        return _parts(
            text(fields, "question", MAX_QUESTION),
            text(fields, "expression", MAX_ANSWER),
            number_text(fields.get("result"), "result"),
        )
    raise RowError("there is no equation: no Numbers and Equation, no lEquations, no expression")


def _template(fields: Fields) -> Parts:
    """`number0`, `number1` in the question and the equation stand for what Numbers lists."""
    numbers = [number_text(number, "a number of Numbers") for number in text(fields, "Numbers", MAX_ANSWER).split()]

    def fill(place: re.Match[str]) -> str:
        if int(place[1]) >= len(numbers):
            raise RowError(f"{place[0]} is not among the {len(numbers)} Numbers")
        return numbers[int(place[1])]

    equation = _PLACE.sub(fill, text(fields, "Equation", MAX_ANSWER))
    return _parts(
        _PLACE.sub(fill, text(fields, "Question", MAX_QUESTION)),
        infix(equation.split()),
        number_text(fields.get("Answer"), "Answer"),
    )


def _original(fields: Fields) -> Parts:
    """lEquations and lSolutions hold one each: `X=((32.0+42.0)-35.0)` and 39.0."""
    equation, answer = (_only(fields, name) for name in ("lEquations", "lSolutions"))
    match = _UNKNOWN_ALONE.fullmatch(text({"lEquations": equation}, "lEquations", MAX_ANSWER))
    if match is None:
        raise RowError(f"the equation is not solved for X: {equation}")
    return _parts(
        text(fields, "sQuestion", MAX_QUESTION), match["left"] or match["right"], number_text(answer, "lSolutions")
    )


def _only(fields: Fields, name: str) -> object:
    values = fields.get(name)
    if not isinstance(values, list):
        raise RowError(f"{name} is {kind(values)}, not a list" if name in fields else f"there is no {name}")
    if len(values) != 1:
        raise RowError(f"{name} has {len(values)} entries, not one")
    return values[0]


def _parts(question: str, expression: str, given: str) -> Parts:
    solution, answer = solved(expression, given)
    return Parts(tidied(question), solution, answer, "equation")
