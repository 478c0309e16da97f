"""Call: one request to a language model, and what came of it."""

from typing import Literal

from schemas.model import Model

Purpose = Literal["formalize", "declarative", "rewrite", "solve", "judge", "rollout", "evaluate"]

CallOutcome = Literal[
    "answered",  # text came back whole; whether it can be used is for its reader to say
    "truncated",  # the text was cut off at max_tokens
    "empty",  # a reply without text
    "refused",  # the server rejected the request itself: 400, 404, 422, ...
    "rate_limited",  # 429
    "server_error",  # 5xx, overload
    "timeout",
    "dropped",  # the connection failed or broke off
    "malformed",  # a reply that is no chat completion
    "lost",  # sent, and then the run was killed: what became of it is not known
]


class Call(Model):
    """One attempt at one request.

    `key` names the request: what is asked, of which model, at which temperature, which sample, and nothing that leaves
    the answer's meaning as it is (limits, time-outs, addresses). `call_id` names the attempt. Tokens are None where the
    server did not count them, `usd` where no price is known; `called_at` is UTC seconds since 1970. `text` is the
    reply, None where there is none; `error` says what went wrong, with no secret in it.
    """

    call_id: str
    key: str
    purpose: Purpose
    prompt: str
    model: str
    base_url: str
    question: str
    sample: int
    max_tokens: int
    outcome: CallOutcome
    text: str | None
    error: str
    input_tokens: int | None
    output_tokens: int | None
    usd: float | None
    elapsed_ms: float
    called_at: float
