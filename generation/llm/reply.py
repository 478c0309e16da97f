"""Reply: what a server sent back, read from its JSON."""

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

MAX_MESSAGE = 300
"""Characters of a server's message that are kept."""

_Count = Annotated[int, Field(ge=0, le=10**9)]


class MalformedReplyError(ValueError):
    """The body is no chat completion."""


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: _Count
    completion_tokens: _Count


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]
    # An answer is worth having where its tokens are not counted, or not so that it can be understood.
    usage: Annotated[_Usage | Any, Field(union_mode="left_to_right")] = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's text and its tokens, None where the server did not count them; `remark` is why there is no text."""

    text: str
    truncated: bool
    input_tokens: int | None
    output_tokens: int | None
    remark: str


def read_reply(body: bytes) -> Reply:
    """Read a chat completion. Raises MalformedReplyError where the body is none."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        said = f" ({read_refusal(body).message})" if b'"error"' in body else ""  # some send an error with status 200
        why = f"the reply is no chat completion: {place}: {first['msg']}{said}"
        raise MalformedReplyError(why[:MAX_MESSAGE]) from None
    choice = completion.choices[0]
    usage = completion.usage if isinstance(completion.usage, _Usage) else None
    return Reply(
        text=choice.message.content or "",
        truncated=choice.finish_reason == "length",
        input_tokens=usage.prompt_tokens if usage else None,
        output_tokens=usage.completion_tokens if usage else None,
        remark=(choice.message.refusal or choice.finish_reason or "")[:MAX_MESSAGE],
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server says when it does not answer: its message in one line, the parameter at fault, its code."""

    message: str
    param: str
    code: str


def read_refusal(body: bytes) -> Refusal:
    """Read an error's body, in whichever of the shapes servers use, or as text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return Refusal(_line(body[: 4 * MAX_MESSAGE].decode("utf-8", "replace")), "", "")
    if isinstance(value, list) and len(value) == 1:  # as Google's servers wrap it
        value = value[0]
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return Refusal(_line(str(error)), "", "")
    message = error.get("message") or error.get("detail") or json.dumps(error)
    return Refusal(_line(str(message)), _name(error.get("param")), _name(error.get("code")))


def _line(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * MAX_MESSAGE])
    return " ".join(printable.split())[:MAX_MESSAGE]


def _name(value: object) -> str:
    return value[:MAX_MESSAGE] if isinstance(value, str) else ""
