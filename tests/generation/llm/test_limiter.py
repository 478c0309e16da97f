"""The number of calls in flight follows what the server takes, and faults at random do not throttle it."""

import asyncio
import random
import time
from collections.abc import Iterator

import pytest

from generation.llm.client import Client
from generation.llm.limiter import Limiter
from tests.generation.llm.asking import read, request, use
from tests.llm_process import Running, serve


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serve("--latency", "0.05", "--retry-after", "0") as running:
        yield running


def judged(limiter: Limiter, share: float, calls: int, seed: int) -> list[float]:
    """The limit after each of many calls of which a share is turned away, at random."""
    draw = random.Random(seed)

    async def run() -> list[float]:
        limits: list[float] = []

        async def call() -> None:
            while len(limits) < calls:
                window = await limiter.acquire()
                limits.append(limiter.limit)
                await asyncio.sleep(0)
                limiter.release(window, rejected=draw.random() < share, seconds=0.0)

        await asyncio.gather(*(call() for _ in range(limiter.ceiling)))
        return limits

    return asyncio.run(run())


@pytest.mark.parametrize("ceiling", [4, 64, 512])
@pytest.mark.parametrize("share", [0.1, 0.2])
def test_rejections_at_random_do_not_throttle(ceiling: int, share: float) -> None:
    limits = [limit for seed in range(5) for limit in judged(Limiter(ceiling), share, 4_000, seed)]
    assert sum(limits) / len(limits) > 0.95 * ceiling


def test_rejections_of_most_calls_shrink_it_to_one_and_it_recovers() -> None:
    limiter = Limiter(64)
    judged(limiter, 0.9, 4_000, 0)
    assert limiter.limit < 2
    judged(limiter, 0.0, 4_000, 0)
    assert limiter.limit == 64


def test_it_starts_with_all_of_its_slots_and_never_has_more() -> None:
    async def run() -> None:
        limiter = Limiter(8)
        most = 0

        async def call() -> None:
            nonlocal most
            window = await limiter.acquire()
            most = max(most, limiter.in_flight)
            await asyncio.sleep(0)
            limiter.release(window, seconds=0.0)

        await asyncio.gather(*(call() for _ in range(100)))
        assert most == 8
        assert limiter.in_flight == 0

    asyncio.run(run())


def test_calls_that_are_cancelled_leave_no_slot_taken() -> None:
    async def run() -> None:
        limiter = Limiter(3)
        tasks = [asyncio.create_task(limiter.acquire()) for _ in range(40)]
        await asyncio.sleep(0)
        for task in tasks[3::2]:
            task.cancel()
        for task in tasks[:3]:
            limiter.release(await task)  # lets through some that are then cancelled before they run
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for _ in [window for window in ended[3:] if isinstance(window, int)]:
            limiter.release(0)
        assert limiter.in_flight == 0
        assert await asyncio.wait_for(limiter.acquire(), 1) == 0

    asyncio.run(run())


def test_those_sent_again_come_before_those_not_sent_yet() -> None:
    async def run() -> list[str]:
        limiter = Limiter(1)
        order: list[str] = []

        async def call(name: str, again: bool) -> None:
            window = await limiter.acquire(again=again)
            order.append(name)
            limiter.release(window)

        held = await limiter.acquire()
        calls = [asyncio.create_task(call(name, name.isupper())) for name in "abCD"]
        await asyncio.sleep(0)
        limiter.release(held)
        await asyncio.gather(*calls)
        return order

    assert asyncio.run(run()) == ["C", "D", "a", "b"]


def test_when_clearly_overloaded_all_wait_as_long_as_the_server_asks() -> None:
    async def run() -> float:
        limiter = Limiter(20)
        for window in [await limiter.acquire() for _ in range(20)]:
            limiter.release(window, rejected=True, seconds=0.0, retry_after=0.2)
        await asyncio.sleep(0.01)
        start = time.perf_counter()
        await limiter.acquire()
        return time.perf_counter() - start

    assert 0.15 < asyncio.run(run()) < 1


async def rate(client: Client, until_s: float, stop_s: float) -> tuple[float, int]:
    """Answers a second while more is asked than is answered: from `until_s`, when it has settled, to `stop_s`."""
    start = time.perf_counter()
    answers = 0

    async def ask(number: int) -> None:
        nonlocal answers
        while time.perf_counter() - start < stop_s:
            await client.ask(request(f"{random.random()} {number}"), read)
            answers += time.perf_counter() - start >= until_s

    tasks = [asyncio.create_task(ask(number)) for number in range(400)]
    await asyncio.wait(tasks, timeout=stop_s)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return answers / (stop_s - until_s), client.calls["rate_limited"]


def test_under_a_rate_limit_the_useful_rate_is_near_it_and_recovers(server: Running) -> None:
    async def run(client: Client) -> tuple[float, float, float]:
        server.change(limit=100)
        limited, rejected = await rate(client, 1.5, 4.5)
        server.change(limit=0)
        free, _ = await rate(client, 1.0, 3.0)
        return limited, rejected / (limited * 4.5), free

    limited, rejected, free = use(server, run, concurrency=32)
    assert 80 <= limited <= 110
    assert rejected < 0.6
    assert free > 300  # 32 at 50 ms each are 640 a second, less what a busy machine takes
