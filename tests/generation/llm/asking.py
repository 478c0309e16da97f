"""How the tests of the client ask: one client against a server that runs, and all that came of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from generation.llm.budget import Budget
from generation.llm.client import Client
from generation.llm.endpoint import Endpoint
from generation.llm.errors import InvalidReplyError
from generation.llm.json_text import find_object
from generation.llm.memory_ledger import MemoryLedger
from generation.llm.request import Request
from tests.llm_process import Running

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}

T = TypeVar("T")


def request(question: str = "How many?", **fields: Any) -> Request:
    """A request with a schema that the server's usual text keeps to."""
    return Request(purpose="formalize", question=question, answer_schema=SCHEMA, **fields)


def read(text: str) -> str:
    """The answer in a reply."""
    answer = json.loads(find_object(text)).get("answer")
    if not isinstance(answer, str):
        raise InvalidReplyError("the object has no answer")
    return answer


def use(
    server: Running | str,
    do: Callable[[Client], Awaitable[T]],
    *,
    ledger: MemoryLedger | None = None,
    budget: Budget | None = None,
    concurrency: int = 64,
    key: str | None = None,
    timeout_s: float = 10.0,
) -> T:
    """Do something with a client, and close it."""
    url = server if isinstance(server, str) else server.url

    async def within() -> T:
        endpoint = Endpoint(url, "mock", key, timeout_s=timeout_s)
        async with Client(endpoint, ledger or MemoryLedger(), concurrency=concurrency, budget=budget) as client:
            return await do(client)

    return asyncio.run(within())


async def ask_all(client: Client, requests: Sequence[Request]) -> list[str | BaseException]:
    """Ask all at once: each one's answer, or what it raised."""
    return await asyncio.gather(*(client.ask(each, read) for each in requests), return_exceptions=True)


def ask(server: Running | str, *requests: Request, **options: Any) -> list[str | BaseException]:
    """Ask all at once with a client of their own."""
    return use(server, lambda client: ask_all(client, requests), **options)
