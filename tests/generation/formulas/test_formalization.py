"""What a model is asked for a formula, and that its reply is held to the same form, whatever it is."""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.formulas.formalization import (
    ANSWER_SCHEMA,
    MAX_INPUTS,
    MAX_QUOTE,
    MAX_STEPS,
    MAX_UNKNOWNS,
    Formalization,
    read,
    request,
)
from generation.llm.errors import InvalidReplyError
from tests.generation.made import problem

CLIPS: dict[str, Any] = {
    "inputs": [{"quote": "48 of her friends", "name": "april", "value": "48"}],
    "unknowns": [],
    "equations": [],
    "steps": [{"name": "may", "expression": "april / 2"}, {"name": "total", "expression": "april + may"}],
}


def text(**changed: Any) -> str:
    """The reply about the clips, changed."""
    return json.dumps(CLIPS | changed)


def test_a_reply_in_form_is_read_as_it_stands() -> None:
    written = read(text())
    assert [(each.quote, each.name, each.value) for each in written.inputs] == [("48 of her friends", "april", "48")]
    assert [(step.name, step.expression) for step in written.steps] == [
        ("may", "april / 2"),
        ("total", "april + may"),
    ]
    assert read(f"Here it is:\n```json\n{text()}\n```\nI hope that helps.") == written


def test_numbers_that_are_written_as_numbers_keep_their_digits() -> None:
    tenth = '{"quote": "0.10 of it", "name": "share", "value": 0.10}'
    reply = f'{{"inputs": [{tenth}], "unknowns": [], "equations": [], "steps": [{{"name": "a", "expression": "2"}}]}}'
    assert read(reply).inputs[0].value == "0.10"


def test_tuples_intervals_roots_and_systems_are_in_form() -> None:
    written = read(
        text(
            equations=["ana + rui = april", "ana = 2*rui^2"],
            steps=[{"name": "range", "expression": "[sqrt(ana), (rui + 1)/3)"}],
        )
    )
    assert written.unknowns == ("ana", "rui")
    assert written.steps[0].expression == "[sqrt(ana), (rui + 1)/3)"


def test_a_name_that_is_given_again_means_the_later_step_from_there_on() -> None:
    again = [
        {"finds": "what May adds", "name": "april", "expression": "april + 1"},
        {"finds": "the total", "name": "total", "expression": "2 * april"},
        {"finds": "the rest", "name": "total", "expression": "total - april"},
    ]
    written = read(text(steps=again))
    assert [(step.name, step.expression) for step in written.steps] == [
        ("april_2", "april + 1"),
        ("total", "2 * april_2"),
        ("total_2", "total - april_2"),
    ]


def test_equations_that_no_step_needs_are_left_out() -> None:
    assert read(text(equations=["total = april + may"])).equations == ()
    needed = read(text(equations=["rui + april = 90"], steps=[{"name": "left", "expression": "rui - 4"}]))
    assert (needed.unknowns, needed.equations) == (("rui",), ("rui + april = 90",))


def an_input(**changed: str) -> list[dict[str, str]]:
    return [CLIPS["inputs"][0] | changed]


def a_step(**changed: str) -> list[dict[str, str]]:
    return [CLIPS["steps"][0] | changed]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"steps": []}, "no steps"),
        ({"steps": a_step(expression="__import__('os').system('true')")}, "steps.0.expression"),
        ({"steps": a_step(expression="april; 2")}, "steps.0.expression"),
        ({"steps": a_step(expression="1+" * 200 + "1")}, "steps.0.expression"),
        ({"steps": a_step(expression="  ")}, "steps.0.expression"),
        ({"steps": a_step(name="2nd")}, "steps.0.name"),
        ({"steps": a_step(name="May")}, "steps.0.name"),
        ({"steps": a_step(name="a" * 41)}, "steps.0.name"),
        ({"steps": a_step(name="sqrt")}, "sqrt is a function"),
        ({"inputs": an_input() * 2}, "april is given twice"),
        ({"steps": a_step(why="because")}, "steps.0.why"),
        ({"inputs": an_input(value="48 friends")}, "inputs.0.value"),
        ({"inputs": an_input(value="1e9")}, "inputs.0.value"),
        ({"inputs": an_input(value="1/0")}, "inputs.0.value"),
        ({"inputs": an_input(value="9" * 16)}, "inputs.0.value"),
        ({"inputs": an_input(value="４８")}, "inputs.0.value"),
        ({"inputs": an_input(quote="")}, "inputs.0.quote"),
        ({"inputs": an_input(quote="a" * (MAX_QUOTE + 1))}, "inputs.0.quote"),
        ({"equations": ["april"]}, "equations.0"),
        ({"equations": ["a = b = c"]}, "equations.0"),
        ({"inputs": None}, "inputs"),
        ({"answer": "72"}, "answer"),
        ({"inputs": [an_input(name=f"n{i}")[0] for i in range(MAX_INPUTS + 1)]}, "17 inputs"),
        ({"steps": [a_step(name=f"s{i}")[0] for i in range(MAX_STEPS + 1)]}, "17 steps"),
        ({"equations": ["a + b = c + d + e"], "steps": a_step(expression="a")}, "5 unknowns"),
        ({"equations": ["a = b"] * (MAX_UNKNOWNS + 1)}, "5 equations"),
    ],
)
def test_a_reply_out_of_form_is_refused_with_what_is_wrong(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidReplyError, match=re.escape(reason)):
        read(text(**changed))


@pytest.mark.parametrize("reply", ["", "72", "[]", "null", "{", '{"inputs": []}', "{" * 5_000, '{"a":' * 40_000])
def test_a_reply_that_is_none_is_refused(reply: str) -> None:
    with pytest.raises(InvalidReplyError):
        read(reply)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CLIPS, "name"]), inner, max_size=4),
    max_leaves=12,
)


@given(st.fixed_dictionaries(dict.fromkeys(CLIPS, JSON)) | JSON)
def test_whatever_is_replied_is_read_or_refused(reply: Any) -> None:
    with contextlib.suppress(InvalidReplyError):
        assert isinstance(read(json.dumps(reply)), Formalization)


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of objects within a schema."""
    if schema["type"] == "object":
        yield schema
    for below in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from objects(below)


def test_the_schema_is_what_servers_share() -> None:
    found = list(objects(ANSWER_SCHEMA))
    assert len(found) == 3
    for each in found:
        assert each["required"] == list(each["properties"])
        assert each["additionalProperties"] is False
    words = set(re.findall(r'"(\w+)":', json.dumps(ANSWER_SCHEMA)))
    names = {name for each in found for name in each["properties"]}
    assert words - names <= {
        "type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "pattern",
    }  # fmt: skip


def test_the_request_shows_the_question_and_neither_the_answer_nor_the_solution() -> None:
    of = problem("Ida has 12 eggs and buys 30. How many?", "12 + 30 = <<12+30=42>>42 eggs.", answer="42")
    asked = request(of, 2)
    assert asked.question == of.question
    assert asked.purpose == "formalize"
    assert asked.sample == 2
    assert "42" not in asked.model_dump_json(exclude={"answer_schema"})
