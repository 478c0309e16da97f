"""A reply is read as what it is, and a body that is no chat completion never is one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.llm.reply import MAX_MESSAGE, MalformedReplyError, read_refusal, read_reply


def body(**choice: Any) -> bytes:
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}).encode()


def test_text_tokens_and_truncation_are_read() -> None:
    reply = read_reply(body(message={"role": "assistant", "content": "x", "tool_calls": None}, finish_reason="length"))
    assert (reply.text, reply.truncated, reply.input_tokens, reply.output_tokens) == ("x", True, 3, 4)


@pytest.mark.parametrize(
    "usage", [None, "many", {}, {"prompt_tokens": -1, "completion_tokens": 1}, {"prompt_tokens": 1}]
)
def test_an_answer_is_kept_where_its_tokens_are_not_counted(usage: object) -> None:
    reply = read_reply(json.dumps({"choices": [{"message": {"content": "x"}}], "usage": usage}).encode())
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("x", None, None)


def test_a_model_that_refuses_says_so() -> None:
    assert read_reply(body(message={"content": None, "refusal": "I won't."})).remark == "I won't."


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"<html>busy</html>",
        b'{"choices": []}',
        b'{"choices": [{"text": "x"}]}',
        b'{"choices": [{"message": {"content": 1}}]}',
        b'{"choices": [{"message": {"content": "x"',
        b'{"choices": [{"message": {"content": "\xff"}}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_chat_completion_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedReplyError, match="no chat completion"):
        read_reply(content)


def test_an_error_with_status_200_is_shown() -> None:
    with pytest.raises(MalformedReplyError, match="no credit"):
        read_reply(b'{"error": {"message": "no credit", "code": 402}}')


@pytest.mark.parametrize(
    ("content", "message", "param", "code"),
    [
        (
            b'{"error": {"message": "No\\nseed", "param": "seed", "code": "unsupported"}}',
            "No seed",
            "seed",
            "unsupported",
        ),
        (b'[{"error": {"code": 400, "message": "Unknown name"}}]', "Unknown name", "", ""),
        (b'{"error": "model not found"}', "model not found", "", ""),
        (b'{"object": "error", "message": "too long", "param": null, "code": 400}', "too long", "", ""),
        (b'{"detail": [{"loc": ["body", "seed"]}]}', "[{'loc': ['body', 'seed']}]", "", ""),
        (b"Bad Gateway", "Bad Gateway", "", ""),
        (b"", "", "", ""),
        (b"[1, 2]", "[1, 2]", "", ""),
        (b"[" * 100_000, "[" * MAX_MESSAGE, "", ""),
    ],
)
def test_what_a_server_says_is_one_line(content: bytes, message: str, param: str, code: str) -> None:
    refusal = read_refusal(content)
    assert (refusal.message, refusal.param, refusal.code) == (message, param, code)


@given(
    st.binary()
    | st.recursive(st.none() | st.text(), lambda v: st.dictionaries(st.text(), v)).map(lambda v: json.dumps(v).encode())
)
def test_any_error_body_is_read(content: bytes) -> None:
    message = read_refusal(content).message
    assert len(message) <= MAX_MESSAGE
    assert message.isprintable()
