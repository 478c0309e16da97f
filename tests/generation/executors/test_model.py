"""A model's answers become derivations, each problem for itself: what fails, fails alone, and nothing waits for it."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from generation.executors.model import PROBLEMS_A_CALL, ModelExecutor
from generation.llm import retries
from generation.llm.budget import Budget
from generation.llm.client import Client
from generation.llm.endpoint import Endpoint
from generation.llm.errors import BudgetReachedError, ModelError
from generation.llm.memory_ledger import MemoryLedger
from generation.llm.price import Price
from generation.strategy import Strategy
from schemas.derivation import Derivation
from schemas.problem import Problem
from tests.formal_answers import right_answer, write_table, wrong_answer
from tests.generation.made import accepted, check, problem, read_trace, sample, timeless
from tests.llm_process import Running, serve

FEW = sample()[:10]
FORMALIZE = Strategy("formalize", model="mock")


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT_S", 0.02)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose model knows a formula for every problem of the sample."""
    answers = [(of, answer) for of in sample() if (answer := right_answer(of))]
    table = write_table(tmp_path_factory.mktemp("answers") / "table.jsonl", answers)
    with serve("--answers", str(table), "--latency", "0.01") as running:
        yield running


@pytest.fixture
def server(started: Running) -> Running:
    """That server as at its start."""
    started.reset()
    return started


def derive(
    server: Running,
    problems: Sequence[Problem],
    strategy: Strategy = FORMALIZE,
    *,
    concurrency: int = 8,
    budget: Budget | None = None,
    timeout_s: float = 10.0,
) -> tuple[list[Derivation], ModelError | None]:
    """The derivations in the order in which they came, and what ended them early."""

    async def collect() -> tuple[list[Derivation], ModelError | None]:
        endpoint = Endpoint(server.url, "mock", timeout_s=timeout_s)
        found: list[Derivation] = []
        async with (
            Client(endpoint, MemoryLedger(), concurrency=concurrency, budget=budget) as client,
            ModelExecutor(strategy, client, concurrency) as executor,
        ):
            derivations = executor.derive(problems)
            try:
                while True:
                    found.append(await anext(derivations))
            except StopAsyncIteration:
                return found, None
            except ModelError as error:
                return found, error

    return asyncio.run(collect())


def answering(folder: Path, texts: dict[str, str | list[str]]) -> Path:
    """A server's table of these answers, one for each seed where there are several."""
    table = folder / "table.jsonl"
    table.write_text("".join(json.dumps({"question": key, "text": text}) + "\n" for key, text in texts.items()))
    return table


def test_each_problem_is_derived_once_by_the_formula_that_the_model_gave(server: Running) -> None:
    found, over = derive(server, FEW)
    assert over is None
    given = {of.problem_id: of.formula.expression for of in found if of.formula}
    assert given == {of.id: read_trace(of)[1].formula().expression for of in FEW}
    assert len(found) == len(FEW)
    for of in found:
        (kept,) = of.samples
        assert (kept.outcome, kept.purpose, kept.problem_id) == (of.outcome, "formalize", of.problem_id)


def test_it_depends_on_the_answers_alone_what_is_derived(server: Running) -> None:
    one, _ = derive(server, FEW)
    server.change(fault={"server_error": 0.2, "rate_limit_bare": 0.2, "prose": 0.2})
    other, _ = derive(server, FEW, concurrency=2)
    assert {of.problem_id: timeless(of) for of in other} == {of.problem_id: timeless(of) for of in one}


def test_a_call_that_fails_costs_its_own_problem_and_says_why(server: Running) -> None:
    server.change(reject_content=FEW[2].question)
    found, over = derive(server, FEW)
    assert over is None
    assert {of.problem_id for of in found if of.failed} == {FEW[2].id}
    (failed,) = [of for of in found if of.failed]
    assert (failed.outcome, failed.formula, failed.candidates, failed.samples) == ("undecided", None, (), ())
    assert "400: The prompt was rejected." in failed.reason
    assert sum(of.formula is not None for of in found) == len(FEW) - 1


def test_a_call_that_takes_long_holds_up_no_other(server: Running) -> None:
    server.change(fault={"stall": 0.1}, stall=2)
    asked = sample()[:40]
    found, _ = derive(server, asked)
    slow = {entry["request"]["messages"][-1]["content"] for entry in server.log() if entry["seconds"] > 1}
    assert 0 < len(slow) < 8, "no call took long, or so many did that others had to wait"
    last = {of.problem_id for of in found[-len(slow) :]}
    assert last == {of.id for of in asked if of.question in slow}
    assert max(entry["at"] for entry in server.log()) < 2, "a call was held back"


def test_no_more_is_under_way_than_calls_can_use_and_all_of_those_are(server: Running) -> None:
    taken = 0

    def source() -> Iterator[Problem]:
        nonlocal taken
        for taken, each in enumerate(sample(), 1):  # noqa: B007
            yield each

    async def begin() -> int:
        async with (
            Client(Endpoint(server.url, "mock"), MemoryLedger(), concurrency=4) as client,
            ModelExecutor(FORMALIZE, client, 4) as executor,
        ):
            derivations = executor.derive(source())
            await anext(derivations)
            return taken

    server.change(latency=0.1)
    assert asyncio.run(begin()) <= 4 * PROBLEMS_A_CALL
    assert server.stats()["in_flight_max"] == 4


def test_what_is_under_way_is_finished_before_the_end_of_money_is_told(server: Running) -> None:
    price = Price.per_million(1_000, 2_000)
    found, over = derive(server, sample()[:40], budget=Budget(20, price))
    assert isinstance(over, BudgetReachedError)
    assert len(found) == server.stats()["outcomes"]["good"] > 0
    assert not any(of.failed for of in found)


def test_samples_that_agree_are_evidence_and_those_that_differ_are_reviewed(tmp_path: Path) -> None:
    """Problems without a trace, of which the model writes one formula three times, or two."""
    total = "Uma has 3 kites and 4 bows. How many things does she have?"
    other = "Eli has 2 kites and 2 bows. How many things does he have?"

    def answer(expression: str, *inputs: tuple[str, str, str]) -> str:
        quoted = [{"quote": quote, "name": name, "value": value} for quote, name, value in inputs]
        steps = [{"name": "total", "expression": expression}]
        return json.dumps({"inputs": quoted, "unknowns": [], "equations": [], "steps": steps})

    of_total = (("3 kites", "kites", "3"), ("4 bows", "bows", "4"))
    of_other = (("2 kites", "kites", "2"), ("2 bows", "bows", "2"))
    texts: dict[str, str | list[str]] = {
        total: [answer(text, *of_total) for text in ("kites + bows", "bows + kites", "bows - (-kites)")],
        other: [answer(text, *of_other) for text in ("kites + bows", "kites * bows", "bows + kites")],
    }
    problems = [problem(total, answer="7", notation="text"), problem(other, answer="4", notation="text")]
    with serve("--answers", str(answering(tmp_path, texts))) as server:
        found, _ = derive(server, problems, Strategy("formalize", model="mock", samples=3))
    agreeing, differing = sorted(found, key=lambda of: of.problem_id != problems[0].id)
    assert [check(of, "agreement").outcome for of in agreeing.candidates] == ["pass", "pass"]
    assert all(accepted(of) for of in agreeing.candidates)
    assert {check(of, "agreement").outcome for of in differing.candidates} == {"fail"}
    assert not any(accepted(of) for of in differing.candidates)
    assert len(agreeing.samples) == len(differing.samples) == 3


def test_a_wrong_formula_gives_no_candidate_that_stands_and_is_kept_with_its_broken_step(tmp_path: Path) -> None:
    answers = write_table(tmp_path / "table.jsonl", [(FEW[0], wrong_answer(FEW[0]))])
    with serve("--answers", str(answers)) as server:
        ((found,), _) = derive(server, FEW[:1])
    assert found.formula is None
    assert not any(accepted(of) for of in found.candidates)
    (kept,) = found.samples
    assert kept.outcome == "fail"
    assert kept.broken_step == len(kept.steps) - 1


def test_problems_that_nothing_can_turn_around_are_not_asked_about(server: Running) -> None:
    proof = problem("Prove that $\\sqrt{2}$ is irrational.", answer="2", notation="latex")
    ((found,), _) = derive(server, [proof])
    assert "proof" in found.reason
    assert not found.failed
    assert server.stats()["total"] == 0


def test_nothing_is_asked_about_candidates_that_do_not_stand(tmp_path: Path) -> None:
    answers = write_table(tmp_path / "table.jsonl", [(of, wrong_answer(of)) for of in FEW])
    with serve("--answers", str(answers)) as server:
        found, _ = derive(server, FEW, Strategy("formalize", "declarative", model="mock", votes=3, judge=True))
        purposes = {entry["request"]["response_format"]["json_schema"]["name"] for entry in server.log()}
    assert any(of.candidates for of in found)
    assert purposes == {"formalize"}
