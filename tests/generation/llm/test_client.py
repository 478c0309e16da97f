"""The client pays for nothing twice, loses nothing, and never makes an answer up."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from generation.llm import retries
from generation.llm.budget import Budget
from generation.llm.client import LONGEST_QUESTION, Client
from generation.llm.errors import CallFailedError, InvalidReplyError
from generation.llm.memory_ledger import MemoryLedger
from generation.llm.price import Price
from schemas.call import CallOutcome
from tests.generation.llm.asking import ask, ask_all, read, request, use
from tests.llm_process import Running, serve
from tests.llm_service import FAULTS

ANSWERS = [{"question": f"How many? {number}", "text": json.dumps({"answer": str(number)})} for number in range(200)]
QUESTIONS = [request(str(row["question"])) for row in ANSWERS]
TABLE = {row["question"]: json.loads(row["text"])["answer"] for row in ANSWERS}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.02)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    table = tmp_path_factory.mktemp("server") / "answers.jsonl"
    table.write_text("\n".join(map(json.dumps, ANSWERS)))
    with serve("--answers", str(table), "--latency", "0.01", "--retry-after", "0.05") as running:
        yield running


@pytest.fixture
def server(started: Running) -> Running:
    started.reset()
    return started


OUTCOMES: dict[str, CallOutcome] = {
    "rate_limit": "rate_limited",
    "rate_limit_bare": "rate_limited",
    "server_error": "server_error",
    "overloaded": "server_error",
    "drop": "dropped",
    "stall": "timeout",
    "malformed": "malformed",
    "empty": "empty",
    "prose": "answered",
}


def failed(outcome: Any, words: str, *, paid: bool) -> bool:
    """Whether a request failed with these words in its reason."""
    assert isinstance(outcome, CallFailedError), outcome
    assert words in str(outcome), outcome
    return outcome.paid == paid


def test_every_question_gets_its_own_answer_and_every_call_is_kept(server: Running) -> None:
    ledger = MemoryLedger()
    answers = ask(server, *QUESTIONS, ledger=ledger, budget=Budget(1, Price.per_million(1, 2)))
    assert answers == [TABLE[each.question] for each in QUESTIONS]
    assert {call.outcome for call in ledger.calls.values()} == {"answered"}
    assert {call.key for call in ledger.calls.values()} == {each.key("mock") for each in QUESTIONS}
    for call in ledger.calls.values():
        assert call.usd == pytest.approx(((call.input_tokens or 0) + 2 * (call.output_tokens or 0)) / 1e6)
        assert call.elapsed_ms >= 10
    assert ledger.spent == pytest.approx(sum(call.usd or 0 for call in ledger.calls.values()))


def test_what_was_paid_is_not_paid_again_whatever_else_changes(server: Running) -> None:
    ledger = MemoryLedger()
    first = ask(server, *QUESTIONS, ledger=ledger)
    with serve() as elsewhere:
        again = [request(each.question, max_tokens=7) for each in QUESTIONS]
        assert ask(elsewhere, *again, ledger=ledger, concurrency=3, timeout_s=1.0) == first
        assert elsewhere.stats()["total"] == 0


def test_equal_requests_at_the_same_time_are_sent_once(server: Running) -> None:
    assert ask(server, *QUESTIONS[:1] * 20) == ["0"] * 20
    assert server.stats()["total"] == 1


def test_each_reader_reads_the_one_answer_itself(server: Running) -> None:
    def sevens(text: str) -> int:
        return text.count("7")

    async def run(client: Client) -> list[int]:
        return list(await asyncio.gather(client.ask(QUESTIONS[7], len), client.ask(QUESTIONS[7], sevens)))

    assert use(server, run) == [len(str(ANSWERS[7]["text"])), 1]
    assert server.stats()["total"] == 1


def test_a_request_that_is_cancelled_leaves_the_equal_one_to_ask(server: Running) -> None:
    server.change(latency=0.3)

    async def run(client: Client) -> str:
        first = asyncio.create_task(client.ask(QUESTIONS[3], read))
        second = asyncio.create_task(client.ask(QUESTIONS[3], read))
        await asyncio.sleep(0.1)
        first.cancel()
        return await second

    ledger = MemoryLedger()
    assert use(server, run, ledger=ledger, budget=Budget(1, Price(1e-6, 1e-6))) == "3"
    lost, answered = ledger.calls.values()
    assert (lost.outcome, answered.outcome) == ("lost", "answered")
    assert (lost.usd or 0) > (answered.usd or 0) > 0  # what became of it is not known, so it counts at its most


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_three_answers_at_most_are_paid_for_in_all_runs_together(server: Running, before: int) -> None:
    server.change(fault={"empty": 1})
    ledger = MemoryLedger()
    question = request("unknown", sample=1)
    assert failed(ask(server, question, ledger=ledger)[0], "none of 3 answers is usable", paid=True)
    earlier, later = MemoryLedger(), server.stats()["total"]
    assert later == 3
    for call in list(ledger.calls.values())[:before]:
        earlier.record(call)
    assert failed(ask(server, question, ledger=earlier)[0], "none of 3 answers is usable", paid=True)
    assert server.stats()["total"] == later + 3 - before


def test_what_is_no_use_once_may_be_of_use_to_another_reader(server: Running) -> None:
    ledger = MemoryLedger()
    question = request("unknown")

    def never(text: str) -> str:
        raise InvalidReplyError("no use")

    async def run(client: Client) -> str:
        with pytest.raises(CallFailedError, match="none of 2 answers is usable: no use"):
            await client.ask(question, never)  # the server says the same twice, and is not asked a third time
        return await client.ask(question, read)

    assert use(server, run, ledger=ledger) == "42"
    assert server.stats()["total"] == 2


def test_a_later_answer_is_found_behind_those_of_no_use(server: Running) -> None:
    ledger = MemoryLedger()
    server.change(fault={"empty": 1})
    ask(server, QUESTIONS[5], ledger=ledger)
    good = MemoryLedger()
    server.change(fault={})
    ask(server, QUESTIONS[5], ledger=good)
    for call in good.calls.values():
        ledger.record(call)
    sent = server.stats()["total"]
    assert ask(server, QUESTIONS[5], ledger=ledger) == ["5"]
    assert server.stats()["total"] == sent


def test_what_was_cut_off_is_asked_again_only_where_more_tokens_are_allowed(server: Running) -> None:
    server.change(text=json.dumps({"answer": "9" * 400}))
    ledger = MemoryLedger()
    for _ in range(2):
        outcome = ask(server, request("long", max_tokens=50), ledger=ledger)[0]
        assert failed(outcome, "the answer was cut off at 50 tokens", paid=True)
    assert failed(ask(server, request("long", max_tokens=40), ledger=ledger)[0], "cut off at 50 tokens", paid=True)
    assert server.stats()["total"] == 1
    assert ask(server, request("long", max_tokens=500), ledger=ledger) == ["9" * 400]
    assert ask(server, request("long", max_tokens=50), ledger=ledger) == ["9" * 400]
    assert server.stats()["total"] == 2


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"truncated"}))
def test_one_call_in_five_may_fail_in_any_way_and_no_answer_is_lost_or_made_up(server: Running, fault: str) -> None:
    server.change(fault={fault: 0.2}, stall=30)
    ledger = MemoryLedger()
    answers = ask(server, *QUESTIONS, ledger=ledger, timeout_s=1.0 if fault == "stall" else 10.0)
    wrong = [a for each, a in zip(QUESTIONS, answers, strict=True) if a != TABLE[each.question]]
    assert len(wrong) <= 5  # three empty answers in a row, or six failures
    for outcome in wrong:
        assert failed(outcome, "", paid=fault == "empty")
    stats = server.stats()
    assert stats["outcomes"][{"stall": "abandoned"}.get(fault, fault)] > 20
    assert stats["good_again"] == 0
    assert stats["in_flight"] == 0
    assert len(ledger.calls) == stats["total"]
    expected: CallOutcome = OUTCOMES[fault]
    assert Counter(call.outcome for call in ledger.calls.values())[expected] > 20


@pytest.mark.parametrize("fault", ["server_error", "drop", "stall", "malformed", "truncated", "empty"])
def test_a_question_that_only_fails_fails_with_its_reason(server: Running, fault: str) -> None:
    server.change(fault={fault: 1})
    ledger = MemoryLedger()
    (outcome,) = ask(server, QUESTIONS[0], ledger=ledger, timeout_s=0.2 if fault == "stall" else 10.0)
    paid = fault in ("truncated", "empty")
    words = {
        "server_error": "failed 6 times: 500: The server had an error.",
        "drop": "failed 6 times: the connection broke off",
        "stall": "failed 6 times: no answer within 0.2 s",
        "malformed": "failed 6 times: the reply is no chat completion",
        "truncated": "the answer was cut off at 1024 tokens",
        "empty": "none of 3 answers is usable: the answer is empty (stop)",
    }[fault]
    assert failed(outcome, words, paid=paid)
    assert all((call.text is None) != paid for call in ledger.calls.values())
    server.change(fault={})
    if not paid:  # failed calls are no answers, so another run asks
        assert ask(server, QUESTIONS[0], ledger=ledger) == ["0"]


def test_a_call_that_waits_or_stalls_holds_up_nothing_but_itself(server: Running) -> None:
    server.change(fault={"stall": 0.05}, stall=1.5)
    started = time.perf_counter()

    async def run(client: Client) -> list[float]:
        async def timed(each: Any) -> float:
            await client.ask(each, read)
            return time.perf_counter() - started

        return await asyncio.gather(*map(timed, QUESTIONS))

    ends = sorted(use(server, run, concurrency=16))
    assert ends[-1] > 1.5
    assert ends[len(ends) * 8 // 10] < 1.2


def test_while_calls_wait_for_another_try_others_take_their_slots(server: Running) -> None:
    server.change(fault={"rate_limit": 0.4}, retry_after=0.6)

    async def run(client: Client) -> list[float]:
        started = time.perf_counter()

        async def timed(each: Any) -> float:
            await client.ask(each, read)
            return time.perf_counter() - started

        return await asyncio.gather(*map(timed, QUESTIONS[:12]))

    ends = sorted(use(server, run, concurrency=2))
    assert ends[3] < 0.5 < ends[-1]  # were a slot held while its call waits, both soon would be


def test_a_server_without_structured_output_is_asked_in_words(server: Running) -> None:
    server.change(reject=["response_format"], fault={"prose": 1})
    ledger = MemoryLedger()
    assert ask(server, *QUESTIONS[:50], ledger=ledger, concurrency=4) == [str(n) for n in range(50)]
    last = server.log()[-1]["request"]
    assert "response_format" not in last
    assert "JSON schema" in last["messages"][0]["content"]
    refused = [call for call in ledger.calls.values() if call.outcome == "refused"]
    assert 2 <= len(refused) <= 3 * 2 * 4  # found out by those in flight or next at the time, and kept
    assert all(call.usd is None and call.text is None for call in refused)


def test_a_server_with_json_mode_only_is_bound_to_that(server: Running) -> None:
    server.change(reject=["json_schema"])
    assert ask(server, *QUESTIONS[:10], concurrency=1) == [str(n) for n in range(10)]
    assert server.log()[-1]["request"]["response_format"] == {"type": "json_object"}
    assert server.stats()["outcomes"]["rejected"] <= 3


def test_a_reasoning_model_gets_the_parameters_that_it_takes(server: Running) -> None:
    server.change(reject=["max_tokens", "temperature", "seed"])
    assert ask(server, *QUESTIONS[:10], concurrency=1) == [str(n) for n in range(10)]
    assert set(server.log()[-1]["request"]) == {"model", "messages", "max_completion_tokens", "response_format"}
    assert server.stats()["outcomes"]["rejected"] <= 3 * 3


def test_a_question_that_the_server_refuses_fails_alone(server: Running) -> None:
    words = "leave out response_format, temperature, seed and max_tokens"
    server.change(reject_content=words)
    answers = ask(server, QUESTIONS[0], request(words), QUESTIONS[1], concurrency=1)
    assert failed(answers[1], "the server refused the request: 400: ", paid=False)
    assert (answers[0], answers[2]) == ("0", "1")
    sent = server.log()[-1]["request"]  # what the question says of parameters is no reason to change them for others
    assert {"temperature", "seed", "max_tokens", "response_format"} <= set(sent)


@pytest.mark.parametrize(
    "text", ["a\ud800b", "\udfff", "\0\x01\x1b[2J", "\u2028 \x85 'quotes\" \\ {braces}", "", "\ud83d\ude00"]
)
def test_any_question_can_be_asked(server: Running, text: str) -> None:
    ledger = MemoryLedger()
    assert ask(server, request(text), ledger=ledger) == ["42"]
    (call,) = ledger.calls.values()
    assert call.question == server.log()[-1]["request"]["messages"][1]["content"]
    call.model_dump_json()


def test_a_question_beyond_all_measure_is_not_sent(server: Running) -> None:
    outcome = ask(server, request("é" * (LONGEST_QUESTION // 2 + 1)))[0]
    assert failed(outcome, "the question is longer than", paid=False)
    assert server.stats()["total"] == 0


def test_the_client_counts_what_came_of_its_calls(server: Running) -> None:
    server.change(fault={"server_error": 0.3})

    async def run(client: Client) -> tuple[Counter[CallOutcome], float | None]:
        await ask_all(client, QUESTIONS[:50])
        return client.calls, client.spent

    calls, spent = use(server, run)
    outcomes = server.stats()["outcomes"]
    assert calls == {"answered": outcomes["good"], "server_error": outcomes["server_error"]}
    assert spent is None
