"""The one JSON object of an answer is found in prose and in fences, and never made up."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.llm.errors import InvalidReplyError
from generation.llm.json_text import MAX_LENGTH, find_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=4)
PROSE = st.text(st.characters(exclude_characters="{}`<"), max_size=30)


@given(OBJECTS, PROSE, PROSE)
def test_the_object_is_found_whatever_prose_is_around_it(value: dict[str, object], before: str, after: str) -> None:
    text = json.dumps(value)
    assert find_object(before + text + after) == text
    assert find_object(f"{before}\n```json\n{text}\n```\n{after}") == text


@given(st.text())
def test_what_is_found_is_an_object_that_stands_in_the_text(text: str) -> None:
    try:
        found = find_object(text)
    except InvalidReplyError:
        return
    assert found in text
    assert isinstance(json.loads(found), dict)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('The set {1, 2} gives {"a": 1}.', '{"a": 1}'),
        ('{ {"a": 1} }', '{"a": 1}'),
        ('{"a": "```json\\n{}\\n```"}', '{"a": "```json\\n{}\\n```"}'),
        ('First {"a": 1}, so\n```json\n{"a": 2}\n```', '{"a": 2}'),
        ('```\n{"a": 2}\n```', '{"a": 2}'),
        ('```json\n{"a": 2}', '{"a": 2}'),
        ('<think>{"a": 1} or {"a": 3}?</think>{"a": 2}', '{"a": 2}'),
        ('So <think>{"a": 1}</think> {"a": "</think>{}"} it is', '{"a": "</think>{}"}'),
        ('{"a": 1} That is: {"a": 1}', '{"a": 1}'),
        ('{"a": "}"}', '{"a": "}"}'),
        ('{"a": {"b": [1, {"c": 2}]}}', '{"a": {"b": [1, {"c": 2}]}}'),
    ],
)
def test_an_object_among_other_braces(text: str, found: str) -> None:
    assert find_object(text) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON object"),
        ("I cannot answer that.", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('<think>{"a": 1}</think>', "no JSON object"),
        ('{"a": 1', "no JSON object"),
        ('{"a": NaN}', "no JSON object"),
        ("{'a': 1}", "no JSON object"),
        ('{"a": ' + "9" * 5_000 + "}", "no JSON object"),
        ('{"a": 1} or {"a": 2}', "more than one"),
        ('{"a":' * 100_000, "nested|no JSON object|more than"),
        ('{"a":' + "[" * 50_000, "nested"),
        ("{" * (MAX_LENGTH + 1), "more than 200000 characters"),
    ],
)
def test_no_object_is_made_up(text: str, reason: str) -> None:
    with pytest.raises(InvalidReplyError, match=reason):
        find_object(text)


@pytest.mark.parametrize(
    "text",
    [
        "{" * MAX_LENGTH,
        '{"' * (MAX_LENGTH // 2),
        '{"a":[' * (MAX_LENGTH // 6),
        "`" * MAX_LENGTH,
        "</think>" * (MAX_LENGTH // 8),
        "```json\n" * (MAX_LENGTH // 8),
        "```json\n" + "\n" * (MAX_LENGTH - 8),
    ],
)
def test_the_search_is_bounded(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InvalidReplyError):
        find_object(text)
    assert time.perf_counter() - start < 2
