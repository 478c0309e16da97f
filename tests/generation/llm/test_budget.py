"""The budget's limit holds whatever calls cost and however they end."""

import asyncio
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.llm.budget import Budget
from generation.llm.errors import BudgetReachedError
from generation.llm.price import Price

CALLS = st.lists(
    st.tuples(
        st.floats(0, 2),  # the most a call can cost
        st.floats(0, 1),  # the share of it that it does cost
        st.integers(0, 5),  # how many turns of the loop it takes
        st.sampled_from(["end", "fail", "cancel"]),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(st.floats(0, 10), st.floats(0, 10), CALLS)
def test_the_limit_is_never_passed(limit: float, before: float, calls: list[tuple[float, float, int, str]]) -> None:
    async def run() -> None:
        budget = Budget(limit, Price(1, 1))
        budget.spent = before
        paid = []

        async def call(most: float, share: float, turns: int, way: str) -> None:
            await budget.reserve(most)
            cost = most
            try:
                for _ in range(turns):
                    await asyncio.sleep(0)
                cost = most * share if way == "end" else most
            finally:
                paid.append(cost)
                budget.settle(most, cost)
                assert before + math.fsum(paid) <= limit + 1e-9

        tasks = [asyncio.create_task(call(*each)) for each in calls]
        for task, (*_, turns, way) in zip(tasks, calls, strict=True):
            if way == "cancel":
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ended:
            assert end is None or isinstance(end, BudgetReachedError | asyncio.CancelledError)
        assert budget.reserved == 0
        assert budget.spent == pytest.approx(before + math.fsum(paid))

    asyncio.run(run())


def test_a_call_waits_for_others_before_it_is_refused() -> None:
    async def run() -> None:
        budget = Budget(1.0, Price(1, 1))
        await budget.reserve(0.75)
        waiting = asyncio.create_task(budget.reserve(0.75))
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.settle(0.75, 0.25)
        await waiting
        with_none_left = asyncio.create_task(budget.reserve(0.75))
        await asyncio.sleep(0)
        budget.settle(0.75, 0.5)
        with pytest.raises(BudgetReachedError, match=r"\$1 is reached: \$0\.7500 is spent"):
            await with_none_left

    asyncio.run(run())


def test_a_budget_of_exactly_ten_calls_takes_ten() -> None:
    async def run() -> int:
        budget = Budget(1.0, Price(1, 1))
        for number in range(20):
            try:
                await budget.reserve(0.1)
            except BudgetReachedError:
                return number
            budget.settle(0.1, 0.1)
        return 20

    assert asyncio.run(run()) == 10


def test_without_a_limit_all_is_added_up() -> None:
    async def run() -> None:
        budget = Budget(None, Price.per_million(1, 2))
        for _ in range(1_000):
            most = budget.cost(1_000, random.randrange(1_000)) or 0.0
            await budget.reserve(most)
            budget.settle(most, budget.cost(500, 250) or 0.0)
        assert budget.spent == pytest.approx(1.0)

    asyncio.run(run())


@pytest.mark.parametrize("limit", [-1.0, float("nan")])
def test_a_limit_is_an_amount_of_money(limit: float) -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(limit)
