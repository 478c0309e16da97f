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


_NAMES = re.compile(_NAME)


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
    inputs=_array(_object(name=_string(_NAME), value=_string(_VALUE), quote={"type": "string"}), MAX_INPUTS),
    steps=_array(_object(finds={"type": "string"}, name=_string(_NAME), expression=_string(_EXPRESSION)), MAX_STEPS)
    | {"minItems": 1},
    equations=_array(_string(_EQUATION), MAX_UNKNOWNS),
)
"""What the answer is bound to. Small models write a better expression behind the words for what it finds."""


def _text(pattern: str) -> Any:
    return StringConstraints(strip_whitespace=True, pattern=re.compile(rf"^{pattern}\Z"))


Name = Annotated[str, _text(_NAME)]


class Input(Model):
    """A quantity of the question: its value as a plain number (0.2 for 20%), and the words that it was read from."""

    quote: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUOTE)]
    name: Name
    value: Annotated[str, _text(_VALUE)]


class WrittenStep(Model):
    """One step: what it finds, in words, a name for it, and arithmetic over constants and the names before it."""

    finds: Annotated[str, StringConstraints(max_length=MAX_QUOTE)] = ""
    name: Name
    expression: Annotated[str, _text(_EXPRESSION)]


class Formalization(Model):
    """The quantities, the steps that lead to the answer, which is the last one's result, and for algebra a system.

    `equations` are `left = right` over the inputs' names and the `unknowns`; the steps may use the unknowns.
    """

    inputs: tuple[Input, ...]
    unknowns: tuple[Name, ...] = ()
    equations: tuple[Annotated[str, _text(_EQUATION)], ...] = ()
    steps: tuple[WrittenStep, ...]


def request(problem: Problem, sample: int) -> Request:
    """Ask for the formula of a problem: its question is shown, never its answer or its solution."""
    return Request(purpose="formalize", question=problem.question, answer_schema=ANSWER_SCHEMA, sample=sample)


def read(text: str) -> Formalization:
    """What a reply says. Raises InvalidReplyError, with the reason, where it is not in the form that was asked for.

    A step whose name was given before gets one of its own, and is what the name means from there on, as in a program.
    Equations stay where a step uses a name that nothing else defines; the names that only they have are the unknowns.
    """
    found = json.loads(find_object(text), parse_float=str, parse_int=str)
    try:
        written = Formalization.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the reply"
        raise InvalidReplyError(f"{place}: {first['msg']}") from error
    _hold_to_limits(written)
    written = _as_a_program(written)
    if len(written.unknowns) > MAX_UNKNOWNS:
        raise InvalidReplyError(f"{len(written.unknowns)} unknowns, more than {MAX_UNKNOWNS}")
    return written


def _as_a_program(written: Formalization) -> Formalization:
    """The formalization with every step's name its own, and with no equations but those that the steps need."""
    inputs = {each.name for each in written.inputs}
    means = {name: name for name in inputs}
    open_names: list[str] = []
    steps = []
    for step in written.steps:
        used = _NAMES.findall(step.expression)
        open_names += [name for name in used if name not in means and name not in FUNCTIONS]
        expression = _NAMES.sub(lambda match: means.get(match[0], match[0]), step.expression)
        name, number = step.name, 1
        while name in means.values() or name in open_names:
            number += 1
            name = f"{step.name[:36]}_{number}"
        means[step.name] = name
        steps.append(step.model_copy(update={"name": name, "expression": expression}))
    if not open_names:
        return written.model_copy(update={"unknowns": (), "equations": (), "steps": tuple(steps)})
    found = (name for equation in written.equations for name in _NAMES.findall(equation))
    unknowns = dict.fromkeys(name for name in found if name not in inputs and name not in FUNCTIONS)
    return written.model_copy(update={"unknowns": tuple(unknowns), "steps": tuple(steps)})


def _hold_to_limits(written: Formalization) -> None:
    for kind, items, most in (
        ("inputs", written.inputs, MAX_INPUTS),
        ("equations", written.equations, MAX_UNKNOWNS),
        ("steps", written.steps, MAX_STEPS),
    ):
        if len(items) > most:
            raise InvalidReplyError(f"{len(items)} {kind}, more than {most}")
    if not written.steps:
        raise InvalidReplyError("no steps")
    names = [each.name for each in written.inputs]
    for name in (*names, *(step.name for step in written.steps)):
        if name in FUNCTIONS:
            raise InvalidReplyError(f"{name} is a function, and no name")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidReplyError(f"the name {twice} is given twice")
