"""Client: asks a model at an OpenAI-compatible endpoint, and keeps every call in a ledger.

A request is sent until an answer comes that its reader takes, and nothing that was paid for is paid for again: what
the ledger has is read first. A call that fails is sent again after a while, and holds no slot while it waits.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

from generation.llm.budget import Budget
from generation.llm.dialect import Dialect, sendable
from generation.llm.endpoint import Endpoint
from generation.llm.errors import (
    CallFailedError,
    IgnoredSchemaError,
    InvalidReplyError,
    ModelError,
    StoppedError,
    UnknownModelError,
    UnknownPriceError,
    UnreachableError,
    WrongKeyError,
)
from generation.llm.json_text import find_object
from generation.llm.ledger import Ledger
from generation.llm.limiter import Limiter
from generation.llm.request import Request
from generation.llm.retries import Pulse, Retries
from generation.llm.transport import Result, Transport
from schemas.call import Call, CallOutcome

MOST_ANSWERS = 3
"""How many answers to one request may be paid for: the first, and two more where it is no use."""
LONGEST_QUESTION = 24_000
"""Bytes of a question: with prompt and schema it stays below the lengths from which providers ask more for a token."""
MOST_WITHOUT_OBJECT = 5
"""Answers without a JSON object to requests that ask for one in words, while no answer of the run had one."""

_FRAME_TOKENS = 64  # what a server's chat template may add to the messages

T = TypeVar("T")


class Client:
    """Asks one model, with up to `concurrency` calls in flight, within a budget. An async context manager.

    `calls` counts this run's calls by outcome.
    """

    def __init__(
        self, endpoint: Endpoint, ledger: Ledger, *, concurrency: int = 64, budget: Budget | None = None
    ) -> None:
        self.endpoint = endpoint
        self.calls: Counter[CallOutcome] = Counter()
        self._ledger = ledger
        self._budget = budget or Budget()
        self._limiter = Limiter(concurrency)
        self._transport = Transport(endpoint)
        self._pulse = Pulse(endpoint.base_url)
        self._dialect = Dialect()
        self._asked: dict[str, asyncio.Event] = {}
        self._over: ModelError | None = None
        self._stopping = asyncio.Event()
        self._has_object = False  # whether any answer had
        self._without_object = 0

    @property
    def model(self) -> str:
        """The model's name at the endpoint."""
        return self.endpoint.model

    @property
    def spent(self) -> float | None:
        """US dollars that the run has cost, its earlier parts included; None where no price is known."""
        return None if self._budget.price is None else self._budget.spent

    async def __aenter__(self) -> Self:
        self._budget.spent = self._ledger.spent
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    async def check(self) -> None:
        """Find out before any work whether calls can succeed; it costs nothing.

        Raises UnknownPriceError, UnreachableError, WrongKeyError or UnknownModelError. A server without a list of its
        models is taken to have this one.
        """
        if self._budget.limit_usd is not None and self._budget.price is None:
            raise UnknownPriceError(
                f"a budget is set, and what {self.model} costs at {self.endpoint.base_url} is not known; "
                "give --price INPUT OUTPUT, in US dollars for a million tokens"
            )
        retries = Retries(self._pulse)
        while True:
            result, models = await self._transport.models()
            if result.status is not None:
                break
            try:
                wait = retries.after_fault(result.error, None, connected=result.connected)
            except CallFailedError as error:
                raise UnreachableError(f"{self.endpoint.base_url}: {error}; check that the server runs") from None
            await asyncio.sleep(wait)
        if result.status in (401, 403):
            raise self._wrong_key(result)
        names = {
            name for model in models for name in (model, model.removesuffix(":latest"), model.removeprefix("models/"))
        }
        if names and self.model not in names:
            some = ", ".join(sorted(models)[:5]) + (", ..." if len(models) > 5 else "")
            raise UnknownModelError(
                f"{self.endpoint.base_url} has no model {self.model!r}; give --model, such as {some}"
            )

    def stop(self) -> None:
        """Send nothing more: calls in flight end, and whoever needs another one gets StoppedError."""
        self._end(StoppedError("stopped"))

    def _end(self, error: ModelError) -> None:
        """Send nothing more: whoever waits to send gets the first error that there was."""
        self._over = self._over or error
        self._stopping.set()
        self._limiter.end()

    async def ask(self, request: Request, read: Callable[[str], T]) -> T:
        """The first answer to a request that `read` takes: one from the ledger, else one that is asked for now.

        `read` raises InvalidReplyError for a text that is no use. Equal requests are asked one after another, so that
        the second finds the first one's answer. Raises CallFailedError where there is no usable answer to this
        request, and another ModelError where there will be none to any.
        """
        key = request.key(self.model)
        while (other := self._asked.get(key)) is not None:
            await other.wait()
        done = self._asked[key] = asyncio.Event()
        try:
            return await self._usable(request, key, read)
        finally:
            del self._asked[key]
            done.set()

    async def _usable(self, request: Request, key: str, read: Callable[[str], T]) -> T:
        replies: Iterable[Call] = await self._ledger.replies(key)
        useless: list[str] = []
        reason = ""
        repeated = False
        cut_at = 0
        while True:
            for call in replies:
                text = call.text or ""
                if call.outcome == "truncated":
                    cut_at = max(cut_at, call.max_tokens)
                    continue
                try:
                    if not text.strip():
                        raise InvalidReplyError(call.error or "the answer is empty")
                    return read(text)
                except InvalidReplyError as error:
                    reason = str(error)
                repeated = bool(text) and text in useless
                useless.append(text)
            if cut_at >= request.max_tokens:
                raise CallFailedError(f"the answer was cut off at {cut_at} tokens", paid=True)
            if len(useless) >= MOST_ANSWERS or repeated:  # who says the same twice says it a third time
                raise CallFailedError(f"none of {len(useless)} answers is usable: {reason}", paid=True)
            replies = [await self._answer(request, key, len(useless))]

    async def _answer(self, request: Request, key: str, tried: int) -> Call:
        """The next call that brings text, after as many that fail as may."""
        if len(request.question) > LONGEST_QUESTION or len(sendable(request.question).encode()) > LONGEST_QUESTION:
            raise CallFailedError(f"the question is longer than {LONGEST_QUESTION} bytes", paid=False)
        retries = Retries(self._pulse)
        dialect = Dialect()
        again = tried > 0  # what was begun is finished first
        while True:
            call, result, spoken = await self._send(request, key, dialect, tried, again)
            try:
                if result.text is not None:
                    self._dialect = self._dialect.least(spoken)
                    if request.answer_schema is not None:
                        self._look_for_object(result, spoken.in_words(tried))
                    return call
                if result.outcome == "refused":
                    # For this call only, until it helps: a server's message may name a parameter for no other reason
                    # than that it repeats the question.
                    dialect = self._lesser(spoken, result)
                    wait = 0.0
                elif result.overloaded:
                    wait = retries.after_overload(call.error, result.retry_after)
                else:
                    wait = retries.after_fault(call.error, result.retry_after, connected=result.connected)
            except ModelError as error:
                self._end(error)
                raise
            again = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    def _lesser(self, dialect: Dialect, result: Result) -> Dialect:
        """What to send instead of what the server refused; raises where nothing else would help."""
        if result.status in (400, 422) and (lesser := dialect.without(result.refusal)) is not None:
            return lesser
        # Some refuse a question with 403, for what stands in it: then others were answered.
        if result.status in (401, 402, 429) or (result.status == 403 and not self._answered):
            raise self._wrong_key(result)
        if result.status in (404, 405, 501):
            raise UnknownModelError(
                f"{self.endpoint.base_url} does not have the model {self.model!r}, or is not the base URL, which "
                f"most often ends in /v1 ({result.error}); give --model or --base-url"
            )
        if result.status is not None and result.status < 400:
            raise UnreachableError(f"{self.endpoint.base_url} gives no answers ({result.error}); check --base-url")
        raise CallFailedError(f"the server refused the request: {result.error}", paid=False)

    def _look_for_object(self, result: Result, in_words: bool) -> None:
        """Raise IgnoredSchemaError where no answer of the run has an object, told to in words or not."""
        if self._has_object or result.outcome != "answered":
            return
        try:
            find_object(result.text or "")
            self._has_object = True
        except InvalidReplyError as error:
            self._without_object += in_words
            if self._without_object >= MOST_WITHOUT_OBJECT:
                raise IgnoredSchemaError(
                    f"{self.endpoint.base_url} does not bind {self.model!r} to the schema, and it does not keep to it "
                    f"when told to ({error}); take a server with structured output, or another model"
                ) from None

    @property
    def _answered(self) -> bool:
        return bool(self.calls["answered"] or self.calls["truncated"] or self.calls["empty"])

    def _wrong_key(self, result: Result) -> WrongKeyError:
        what = "refuses the key" if self.endpoint.key else "asks for a key"
        return WrongKeyError(f"{self.endpoint.base_url} {what} ({result.error}); set OPENAI_API_KEY to one it takes")

    async def _send(
        self, request: Request, key: str, dialect: Dialect, tried: int, again: bool
    ) -> tuple[Call, Result, Dialect]:
        """Send one call once limits allow it, and keep what came of it; also says in which dialect it was sent."""
        window = await self._limiter.acquire(again=again)
        result = Result("lost", error="given up before the reply")
        seconds: float | None = None
        try:
            if self._over is not None:
                raise self._over
            dialect = self._dialect.least(dialect)  # others may have found out meanwhile what the server takes
            body = dialect.body(request, self.model, tried)
            most_usd = self._budget.cost(len(body) + _FRAME_TOKENS, request.max_tokens)  # no token is less than a byte
            await self._budget.reserve(most_usd or 0.0)
            usd: float | None = 0.0
            try:
                call = self._call(request, key, most_usd)
                self._ledger.sent(call)
                started_at = time.perf_counter()
                try:
                    result = await self._transport.chat(body)
                finally:
                    seconds = time.perf_counter() - started_at
                    call = self._ended(call, result, seconds)
                    usd = call.usd
                    self._ledger.record(call)
            finally:
                self._budget.settle(most_usd or 0.0, usd or 0.0)
        finally:
            self._limiter.release(
                window,
                seconds=seconds,
                answered=result.text is not None,
                rejected=result.overloaded,
                retry_after=result.retry_after,
            )
        return call, result, dialect

    def _call(self, request: Request, key: str, most_usd: float | None) -> Call:
        """A call that goes out now."""
        return Call(
            call_id=os.urandom(8).hex(),
            key=key,
            purpose=request.purpose,
            prompt=request.system.version,
            model=self.model,
            base_url=self.endpoint.base_url,
            question=sendable(request.question),
            sample=request.sample,
            max_tokens=request.max_tokens,
            outcome="lost",
            text=None,
            error="",
            input_tokens=None,
            output_tokens=None,
            usd=most_usd,
            elapsed_ms=0.0,
            called_at=time.time(),
        )

    def _ended(self, call: Call, result: Result, seconds: float) -> Call:
        """The call with what came of it; what it cost is the most it could where the server did not say."""
        self.calls[result.outcome] += 1
        if result.status is not None:
            self._pulse.heard(overloaded=result.overloaded)
        input_tokens, output_tokens = result.tokens
        usd = call.usd
        if usd is not None and result.free:
            usd = 0.0
        elif input_tokens is not None and output_tokens is not None:
            usd = self._budget.cost(input_tokens, output_tokens)
        return call.model_copy(
            update={
                "outcome": result.outcome,
                "text": result.text,
                "error": result.error,
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "usd": usd,
                "elapsed_ms": round(seconds * 1_000, 3),
            }
        )
