"""Transport: one call over HTTP, and what came of it."""

import asyncio
import urllib.request
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import BaseModel, ValidationError
from yarl import URL

from generation.llm.endpoint import Endpoint
from generation.llm.reply import MalformedReplyError, Refusal, read_refusal, read_reply
from generation.llm.retries import retry_after
from schemas.call import CallOutcome

LONGEST_REPLY = 4_000_000
"""Bytes of a reply's body that are read."""
CONNECT_TIMEOUT_S = 15.0
CHECK_TIMEOUT_S = 10.0

_KEEP_ALIVE_S = 4.0  # common servers close a connection that was idle for 5 s: be first, or a call breaks off
_NOT_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientProxyConnectionError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)
_OUTCOMES: dict[int, CallOutcome] = {
    408: "timeout",
    409: "server_error",
    425: "server_error",
    429: "rate_limited",
    501: "refused",
}


@dataclass(slots=True)
class Result:
    """What came of one call.

    `text` is None unless the model answered. `status` is None where there was no whole reply, and `connected` says
    whether the server was reached. `free` is a call that the server did no work for.
    """

    outcome: CallOutcome
    text: str | None = None
    error: str = ""
    tokens: tuple[int | None, int | None] = (None, None)
    free: bool = False
    status: int | None = None
    retry_after: float | None = None
    connected: bool = True
    refusal: Refusal = field(default=Refusal("", "", ""))

    @property
    def overloaded(self) -> bool:
        """Whether the server has too much to do, or says that this client asks too much."""
        return self.status in (429, 503, 529)


class _Named(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Named]


class Transport:
    """Connections to one endpoint, kept open between calls. An async context manager."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._chat = URL(f"{endpoint.base_url}/chat/completions")
        self._models = URL(f"{endpoint.base_url}/models")

    async def __aenter__(self) -> Self:
        headers = {"Content-Type": "application/json"}
        if self._endpoint.key:
            headers["Authorization"] = f"Bearer {self._endpoint.key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            proxy=_proxy(self._chat),
            timeout=aiohttp.ClientTimeout(total=self._endpoint.timeout_s, sock_connect=CONNECT_TIMEOUT_S),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def chat(self, body: bytes) -> Result:
        """Send the body of a chat completion. Raises nothing but what cancels it."""
        try:
            async with self._session.post(self._chat, data=body, allow_redirects=False) as response:
                content = await _read(response)
            if response.status != 200:
                return self._refused(response, content)
            reply = read_reply(content)
        except MalformedReplyError as error:
            return Result("malformed", error=str(error), status=200)
        except (aiohttp.ClientError, OSError) as error:  # time-outs are an OSError
            return self._failed(error)
        tokens = (reply.input_tokens, reply.output_tokens)
        if reply.truncated:
            return Result("truncated", reply.text, "cut off at the most tokens", tokens, status=200)
        if not reply.text.strip():
            return Result("empty", "", f"the answer is empty ({reply.remark})", tokens, status=200)
        return Result("answered", reply.text, "", tokens, status=200)

    async def models(self) -> tuple[Result, list[str]]:
        """Ask which models there are: none where the server has no list of them."""
        timeout = aiohttp.ClientTimeout(total=CHECK_TIMEOUT_S)
        try:
            async with self._session.get(self._models, allow_redirects=False, timeout=timeout) as response:
                content = await _read(response)
        except (aiohttp.ClientError, OSError, MalformedReplyError) as error:
            return self._failed(error), []
        if response.status != 200:
            return self._refused(response, content), []
        try:
            names = [model.id for model in _Models.model_validate_json(content).data]
        except ValidationError:
            names = []
        return Result("answered", status=200), names

    def _failed(self, error: Exception) -> Result:
        """There was no whole reply."""
        if isinstance(error, _NOT_CONNECTED):
            return Result("dropped", error=self._line(f"no connection: {error}"), free=True, connected=False)
        if isinstance(error, asyncio.TimeoutError):
            return Result("timeout", error=f"no answer within {self._endpoint.timeout_s:g} s")
        return Result("dropped", error=self._line(f"the connection broke off: {type(error).__name__} {error}"))

    def _refused(self, response: aiohttp.ClientResponse, content: bytes) -> Result:
        """There was a reply, and no answer in it."""
        status = response.status
        refusal = read_refusal(content)
        outcome = _OUTCOMES.get(status, "server_error" if status >= 500 else "refused")
        if refusal.code == "insufficient_quota":  # sent with 429, and no waiting helps
            outcome = "refused"
        said = refusal.message or response.headers.get("location", "")
        return Result(
            outcome,
            error=self._line(f"{status}: {said}" if said else f"{status}"),
            free=True,
            status=status,
            retry_after=retry_after(response.headers),
            refusal=refusal,
        )

    def _line(self, text: str) -> str:
        return " ".join(self._endpoint.hide(text).split())


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body. Raises MalformedReplyError where it is longer than LONGEST_REPLY."""
    chunks = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > LONGEST_REPLY:
            raise MalformedReplyError(f"the reply is longer than {LONGEST_REPLY} bytes")
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _proxy(url: URL) -> str | None:
    """The proxy that the environment names for an address; asked once, since aiohttp would look at each call."""
    host = url.host or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(url.scheme)
