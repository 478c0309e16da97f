"""What no call can get past ends the run with one line that says which thing is wrong and what to do."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from generation.llm import retries
from generation.llm.budget import Budget
from generation.llm.client import Client
from generation.llm.errors import (
    BudgetReachedError,
    CallFailedError,
    IgnoredSchemaError,
    ModelError,
    StoppedError,
    UnknownModelError,
    UnknownPriceError,
    UnreachableError,
    WrongKeyError,
)
from generation.llm.memory_ledger import MemoryLedger
from generation.llm.price import Price
from tests.generation.llm.asking import ask, ask_all, read, request, use
from tests.llm_process import Running, serve

KEY = "sk-secret-0123456789"
QUESTIONS = [request(f"How many? {number}") for number in range(300)]
NOBODY = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.02)


@pytest.fixture(scope="module")
def started() -> Iterator[Running]:
    with serve("--latency", "0.01", "--retry-after", "0.05") as running:
        yield running


@pytest.fixture
def server(started: Running) -> Running:
    started.reset()
    return started


@pytest.fixture
def mortal() -> Iterator[Running]:
    """A server of a test's own, to kill."""
    with serve("--latency", "0.01") as running:
        yield running


def one_line(error: object, kind: type[ModelError], *words: str) -> bool:
    """Whether an error is of a kind, and says so in one line without the key."""
    text = str(error)
    return type(error) is kind and "\n" not in text and KEY not in text and all(word in text for word in words)


def check(server: Running | str, **options: object) -> ModelError | None:
    """What the check raises."""

    async def run(client: Client) -> ModelError | None:
        try:
            await client.check()
        except ModelError as error:
            return error
        return None

    return use(server, run, **options)  # type: ignore[arg-type]


def test_a_wrong_key_is_found_before_any_work(server: Running) -> None:
    server.change(key="sk-another")
    assert one_line(check(server, key=KEY), WrongKeyError, "refuses the key", "OPENAI_API_KEY", server.url)
    assert one_line(check(server), WrongKeyError, "asks for a key", "OPENAI_API_KEY")
    server.change(key=KEY)
    assert check(server, key=KEY) is None


def test_an_unknown_model_is_found_before_any_work(server: Running) -> None:
    server.change(model=["a-model", "another"])
    assert one_line(check(server), UnknownModelError, "no model 'mock'", "--model", "a-model, another")
    server.change(model=["mock:latest"])
    assert check(server) is None


def test_an_unreachable_server_is_found_before_any_work() -> None:
    started = time.perf_counter()
    assert one_line(check(NOBODY), UnreachableError, f"nothing answers at {NOBODY}", "--base-url")
    assert one_line(check("http://no-such-host.invalid/v1"), UnreachableError, "nothing answers at", "--base-url")
    assert time.perf_counter() - started < 20


def test_a_budget_needs_a_price(server: Running) -> None:
    assert one_line(check(server, budget=Budget(1.0)), UnknownPriceError, "mock", server.url, "--price")
    assert check(server, budget=Budget(1.0, Price(0, 0))) is None
    assert check(server, budget=Budget()) is None


def test_a_gateway_without_a_list_of_models_is_taken_at_its_word(server: Running) -> None:
    server.change(no_models=True, model=["a-model"])
    assert check(server) is None
    answers = ask(server, *QUESTIONS, concurrency=8)
    assert all(one_line(answer, UnknownModelError, "'mock'", "--model") for answer in answers)
    assert server.stats()["total"] <= 8  # those in flight when the first was refused; nobody is sent after them


def test_a_server_that_ignores_the_schema_ends_the_run_before_all_is_paid(server: Running) -> None:
    server.change(text="The answer is 42.")
    ledger = MemoryLedger()
    answers = ask(server, *QUESTIONS, ledger=ledger, concurrency=8)
    assert all(
        one_line(answer, IgnoredSchemaError, server.url, "'mock'", "schema", "no JSON object", "take a server")
        for answer in answers
        if not isinstance(answer, CallFailedError)  # which a few may be, asked three times by then
    )
    assert server.stats()["total"] <= 24
    told = [call["request"]["messages"][0]["content"] for call in server.log()]
    assert any("JSON schema" in words for words in told)  # it was said in words as well

    server.change(text='The answer is {"answer": "42"}.')
    assert ask(server, *QUESTIONS) == ["42"] * len(QUESTIONS)


def test_a_server_that_ignores_the_schema_now_and_then_does_not(server: Running) -> None:
    server.change(fault={"prose": 0.5})
    assert ask(server, QUESTIONS[0]) == ["42"]

    async def run(client: Client) -> list[str | BaseException]:
        await client.ask(QUESTIONS[0], read)
        server.change(text="The answer is 42.", fault={})
        return await ask_all(client, QUESTIONS[1:30])

    assert all(isinstance(answer, CallFailedError) for answer in use(server, run))


def test_an_address_of_something_else_ends_the_run(server: Running) -> None:
    elsewhere = server.url.removesuffix("/v1") + "/elsewhere/v1"
    assert check(elsewhere) is None  # it may be a gateway
    answers = ask(elsewhere, *QUESTIONS, concurrency=8)
    assert all(one_line(answer, UnknownModelError, "is not the base URL", "404", "--base-url") for answer in answers)


def test_a_key_that_is_withdrawn_ends_the_run(server: Running) -> None:
    ledger = MemoryLedger()
    server.change(key=KEY)

    async def run(client: Client) -> list[str | BaseException]:
        assert await ask_all(client, QUESTIONS[:10]) == ["42"] * 10
        server.change(key="sk-another")
        return await ask_all(client, QUESTIONS)

    answers = use(server, run, key=KEY, ledger=ledger, concurrency=8)
    assert answers[:10] == ["42"] * 10  # what was paid for is there
    assert all(one_line(answer, WrongKeyError, "refuses the key") for answer in answers[10:])
    assert server.stats()["total"] <= 18
    assert KEY not in repr([call.model_dump() for call in ledger.calls.values()])


def test_a_server_that_was_never_there_ends_the_run() -> None:
    answers = ask(NOBODY, *QUESTIONS[:20])
    assert all(one_line(answer, UnreachableError, "nothing answers at") for answer in answers)


def test_a_server_that_goes_away_ends_the_run_after_a_while(mortal: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SILENCE_S", 0.5)
    ledger = MemoryLedger()

    async def run(client: Client) -> list[str | BaseException]:
        asking = asyncio.create_task(ask_all(client, QUESTIONS))
        while client.calls["answered"] < 50:
            await asyncio.sleep(0.005)
        mortal.process.kill()
        return await asking

    answers = use(mortal, run, ledger=ledger, concurrency=8)
    gone = [answer for answer in answers if answer != "42"]
    assert len(answers) - len(gone) >= 50
    assert all(one_line(answer, UnreachableError, "nothing answers at", mortal.url) for answer in gone)


def test_a_server_that_comes_back_loses_no_row(mortal: Running) -> None:
    async def run(client: Client) -> list[str | BaseException]:
        asking = asyncio.create_task(ask_all(client, QUESTIONS))
        while client.calls["answered"] < 50:
            await asyncio.sleep(0.005)
        mortal.process.kill()
        mortal.process.wait()
        await asyncio.sleep(0.3)
        with serve("--port", mortal.url.split(":")[2].removesuffix("/v1"), "--latency", "0.01"):
            return await asking

    assert use(mortal, run, concurrency=8) == ["42"] * len(QUESTIONS)


def test_no_call_that_could_pass_the_budget_is_sent(server: Running) -> None:
    ledger, budget = MemoryLedger(), Budget(0.05, Price.per_million(1, 10))
    answers = ask(server, *QUESTIONS, ledger=ledger, budget=budget, concurrency=16)
    paid = [answer for answer in answers if answer == "42"]
    ended = [answer for answer in answers if answer != "42"]
    assert all(one_line(answer, BudgetReachedError, "$0.05", "--budget") for answer in ended)
    assert 10 < len(paid) < len(QUESTIONS)
    assert server.stats()["total"] == len(paid)
    assert ledger.spent <= 0.05
    most = max(call.usd or 0 for call in ledger.calls.values())
    assert ledger.spent > 0.05 - 0.015 - most  # it stops where the next call might pass it, and not long before

    more = Budget(0.1, Price.per_million(1, 10))  # the earlier part of the run counts, its answers are there
    again = ask(server, *QUESTIONS, ledger=ledger, budget=more, concurrency=16)
    assert again.count("42") > len(paid)
    assert ledger.spent <= 0.1
    assert server.stats()["good_again"] == 0


def test_calls_that_fail_without_a_count_cost_the_most_they_can(server: Running) -> None:
    server.change(fault={"stall": 0.5})
    ledger, budget = MemoryLedger(), Budget(0.2, Price.per_million(1, 10))
    ask(server, *QUESTIONS, ledger=ledger, budget=budget, concurrency=16, timeout_s=0.2)
    lost = [call for call in ledger.calls.values() if call.outcome == "timeout"]
    assert len(lost) > 3
    assert all((call.usd or 0) > 1024 * 10 / 1e6 for call in lost)
    assert ledger.spent == pytest.approx(budget.spent)
    assert budget.spent <= 0.2
    assert budget.reserved == 0


def test_a_run_that_is_cancelled_keeps_what_was_in_flight_as_lost(server: Running) -> None:
    server.change(latency=5.0)
    ledger, budget = MemoryLedger(), Budget(1, Price.per_million(1, 10))

    async def run(client: Client) -> None:
        asking = asyncio.create_task(ask_all(client, QUESTIONS))
        await asyncio.sleep(0.2)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    use(server, run, ledger=ledger, budget=budget, concurrency=8)
    assert [call.outcome for call in ledger.calls.values()] == ["lost"] * 8
    assert budget.spent == pytest.approx(ledger.spent) == pytest.approx(sum(c.usd or 0 for c in ledger.calls.values()))
    assert budget.reserved == 0


def test_a_run_that_is_stopped_ends_what_is_in_flight_and_sends_nothing_more(server: Running) -> None:
    server.change(latency=0.3, fault={"rate_limit": 0.5}, retry_after=30)
    ledger = MemoryLedger()

    async def run(client: Client) -> tuple[list[str | BaseException], float]:
        asking = asyncio.create_task(ask_all(client, QUESTIONS))
        await asyncio.sleep(0.1)
        client.stop()
        stopped_at = time.perf_counter()
        return await asking, time.perf_counter() - stopped_at

    answers, seconds = use(server, run, ledger=ledger, concurrency=8)
    assert 0 < answers.count("42") <= 8
    assert all(answer == "42" or isinstance(answer, StoppedError) for answer in answers)
    assert seconds < 5  # those that were to wait half a minute do not
    assert "lost" not in {call.outcome for call in ledger.calls.values()}
