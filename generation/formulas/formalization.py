"""Formalization: what a model writes when it is asked for a problem's formula, without sight of its answer.

What is asked for is bound to a JSON schema where the server can do that; the reply is hostile input all the same, and
`read` holds it to the same form. Whether anything in it is true is for others to prove.
"""

import json
import re
from typing import Annotated, Any

from pydantic import StringConstraints, ValidationError

from generation.llm.errors import InvalidReplyError
from generation.llm.json_text import find_object
from generation.llm.request import Request
from generation.verification.expression import FUNCTIONS
from schemas.model import Model
from schemas.problem import Problem

MAX_INPUTS = 16
"""Quantities of one problem."""
MAX_STEPS = 16
"""Steps of one solution."""
MAX_UNKNOWNS = 4
"""Unknowns, and equations, of one system."""
MAX_QUOTE = 200
"""Characters of one quote."""

_NAME = r"[a-z][a-z0-9_]{0,39}"
# The `-` stands last: llama.cpp's grammars know no `\-`, and read any other `-` as a range.
_ARITHMETIC = r"[a-z0-9_+*/^(), .\[\]-]"
_EXPRESSION = rf"{_ARITHMETIC}{{1,160}}"
_EQUATION = rf"{_ARITHMETIC}{{1,120}} = {_ARITHMETIC}{{1,120}}"
_VALUE = r"-?[0-9]{1,15}(\.[0-9]{1,9})?(/[1-9][0-9]{0,8})?"


def _string(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _array(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# The lengths stand in the patterns: some servers refuse `maxLength`. A quote has no pattern, since where one is matched
# against the JSON text, the backslashes of LaTeX could not be quoted.
ANSWER_SCHEMA = _object(
    inputs=_array(_object(quote={"type": "string"}, name=_string(_NAME), value=_string(_VALUE)), MAX_INPUTS),
    unknowns=_array(_string(_NAME), MAX_UNKNOWNS),
    equations=_array(_string(_EQUATION), MAX_UNKNOWNS),
    steps=_array(_object(name=_string(_NAME), expression=_string(_EXPRESSION)), MAX_STEPS) | {"minItems": 1},
)
"""What the answer is bound to; small models write better what comes later when its reasons come first."""


def _text(pattern: str) -> Any:
    return StringConstraints(strip_whitespace=True, pattern=re.compile(rf"^{pattern}\Z"))


Name = Annotated[str, _text(_NAME)]


class Input(Model):
    """A quantity of the question: its value as a plain number (20 for 20%), and the words that it was read from."""

    quote: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUOTE)]
    name: Name
    value: Annotated[str, _text(_VALUE)]


class WrittenStep(Model):
    """One step: a name for what it finds, and arithmetic over constants and the names before it."""

    name: Name
    expression: Annotated[str, _text(_EXPRESSION)]


class Formalization(Model):
    """The quantities, the steps that lead to the answer, which is the last one's result, and for algebra a system.

    `equations` are `left = right` over the inputs' names and the `unknowns`; the steps may use the unknowns.
    """

    inputs: tuple[Input, ...]
    unknowns: tuple[Name, ...]
    equations: tuple[Annotated[str, _text(_EQUATION)], ...]
    steps: tuple[WrittenStep, ...]


def request(problem: Problem, sample: int) -> Request:
    """Ask for the formula of a problem: its question is shown, never its answer or its solution."""
    return Request(purpose="formalize", question=problem.question, answer_schema=ANSWER_SCHEMA, sample=sample)


def read(text: str) -> Formalization:
    """What a reply says. Raises InvalidReplyError, with the reason, where it is not in the form that was asked for."""
    found = json.loads(find_object(text), parse_float=str, parse_int=str)
    try:
        written = Formalization.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the reply"
        raise InvalidReplyError(f"{place}: {first['msg']}") from error
    _hold_to_limits(written)
    return written


def _hold_to_limits(written: Formalization) -> None:
    for kind, items, most in (
        ("inputs", written.inputs, MAX_INPUTS),
        ("unknowns", written.unknowns, MAX_UNKNOWNS),
        ("equations", written.equations, MAX_UNKNOWNS),
        ("steps", written.steps, MAX_STEPS),
    ):
        if len(items) > most:
            raise InvalidReplyError(f"{len(items)} {kind}, more than {most}")
    if not written.steps:
        raise InvalidReplyError("no steps")
    names = [item.name for item in written.inputs] + list(written.unknowns) + [step.name for step in written.steps]
    seen: set[str] = set()
    for name in names:
        if name in FUNCTIONS:
            raise InvalidReplyError(f"{name} is a function, and no name")
        if name in seen:
            raise InvalidReplyError(f"the name {name} is given twice")
        seen.add(name)
