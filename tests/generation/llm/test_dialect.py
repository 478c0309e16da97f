"""What is sent is JSON that any server can read, without the parameters that a server does not take."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.llm.dialect import Dialect
from generation.llm.reply import Refusal
from tests.generation.llm.asking import SCHEMA, request


def sent(dialect: Dialect, question: str = "q", tried: int = 0, **fields: Any) -> dict[str, Any]:
    body = dialect.body(request(question, **fields), 'a "model"', tried)
    return dict(json.loads(body.decode("utf-8")))


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_question_makes_a_body_that_any_server_can_read(question: str) -> None:
    got = sent(Dialect(), question)["messages"][1]["content"]
    got.encode("utf-8")
    assert "\0" not in got
    if not any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in question):
        assert got == question


def test_lone_surrogates_are_replaced_and_pairs_are_joined() -> None:
    assert sent(Dialect(), "a\ud83d\ude00b\udc00c\0d")["messages"][1]["content"] == "a😀b\ufffdc\ufffdd"


def test_the_first_sample_is_greedy_and_the_others_are_drawn_by_their_number() -> None:
    first, third = sent(Dialect(), sample=0), sent(Dialect(), sample=2)
    assert (first["temperature"], third["temperature"], third["seed"]) == (0.0, 0.8, 2)


def test_what_was_no_use_is_asked_again_with_another_seed() -> None:
    seeds = {sent(Dialect(), sample=sample, tried=tried)["seed"] for sample in range(50) for tried in range(3)}
    assert len(seeds) == 150


def test_the_schema_is_bound_where_it_can_be_and_said_where_it_cannot() -> None:
    bound = sent(Dialect())
    assert bound["response_format"]["json_schema"] == {"name": "formalize", "strict": True, "schema": SCHEMA}
    assert "additionalProperties" not in bound["messages"][0]["content"]
    again = sent(Dialect(), tried=1)
    assert again["response_format"] == bound["response_format"]
    assert json.dumps(SCHEMA) in again["messages"][0]["content"]
    for form in ("json_object", "none"):
        said = sent(Dialect(form=form))
        assert said.get("response_format") == ({"type": "json_object"} if form == "json_object" else None)
        assert json.dumps(SCHEMA) in said["messages"][0]["content"]


@pytest.mark.parametrize(
    ("refusal", "lesser"),
    [
        (Refusal("Unsupported parameter", "response_format", ""), Dialect(form="json_object")),
        (Refusal("json_schema is not supported", "", ""), Dialect(form="json_object")),
        (
            Refusal("'max_tokens' is not supported. Use 'max_completion_tokens' instead.", "", ""),
            Dialect(limit="max_completion_tokens"),
        ),
        (
            Refusal("Unsupported value: 'temperature' does not support 0.", "temperature", ""),
            Dialect(temperature=False),
        ),
        (Refusal("Extra inputs: seed", "", ""), Dialect(seed=False)),
        (Refusal("seeds of doubt", "", ""), None),
        (Refusal("The prompt about temperature was flagged.", "messages", ""), None),
        (Refusal("", "", ""), None),
    ],
)
def test_the_parameter_that_is_named_is_left_out(refusal: Refusal, lesser: Dialect | None) -> None:
    assert Dialect().without(refusal) == lesser


def test_every_refusal_is_the_last_one_some_day() -> None:
    dialect: Dialect | None = Dialect()
    for _ in range(6):
        assert dialect is not None
        least = dialect
        dialect = dialect.without(Refusal("response_format, max_tokens, temperature, seed", "", ""))
    assert dialect is None
    assert set(sent(least)) == {"model", "messages", "max_completion_tokens"}


def test_two_dialects_have_in_common_what_both_take() -> None:
    one, other = Dialect(form="none", temperature=False), Dialect(form="json_object", seed=False)
    assert one.least(other) == other.least(one) == Dialect(form="none", temperature=False, seed=False)
