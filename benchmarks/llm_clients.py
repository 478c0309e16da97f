"""The clients that `benchmarks.llm_throughput` compares, one a process, each asking the same questions.

python -m benchmarks.llm_clients ours|aiohttp URL CALLS IN_FLIGHT
"""

import asyncio
import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from generation.pipeline import RARE_COLLECTIONS

WORDS = "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. " * 2
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}


async def ours(url: str, questions: list[str], in_flight: int) -> tuple[int, float]:
    """The client with its ledger in a store, prices and a budget: how many answers, and seconds of CPU for them."""
    from curation import runs
    from curation.calls import CallLedger
    from curation.store import Store
    from generation.llm.budget import Budget
    from generation.llm.client import Client
    from generation.llm.endpoint import Endpoint
    from generation.llm.price import Price
    from generation.llm.request import Request

    requests = [Request(purpose="formalize", question=each, answer_schema=SCHEMA) for each in questions]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        run = runs.begin(store, "benchmark", command_line="", configuration={}, fingerprint="", code_version="")
        async with (
            CallLedger(store, run) as ledger,
            Client(
                Endpoint(url, "mock"), ledger, concurrency=in_flight, budget=Budget(1_000.0, Price.per_million(1, 1))
            ) as client,
        ):
            await client.check()
            begun = time.process_time()
            answers = await asyncio.gather(*(client.ask(each, json.loads) for each in requests))
            used = time.process_time() - begun
    return sum("answer" in answer for answer in answers), used


async def plain(url: str, questions: list[str], in_flight: int) -> tuple[int, float]:
    """aiohttp alone: what the transport costs, with nothing kept and nothing tried again."""
    import aiohttp

    slots = asyncio.Semaphore(in_flight)
    system = {"role": "system", "content": "You turn a math word problem into a short program. " * 40}

    async def ask(question: str) -> Any:
        body = {"model": "mock", "messages": [system, {"role": "user", "content": question}], "max_tokens": 1_024}
        async with slots, session.post(f"{url}/chat/completions", json=body) as response:
            return json.loads((await response.json())["choices"][0]["message"]["content"])

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        begun = time.process_time()
        answers = await asyncio.gather(*map(ask, questions))
        used = time.process_time() - begun
    return sum("answer" in answer for answer in answers), used


def main() -> None:
    """Ask all, and print as JSON how many were answered and what it took."""
    name, url, calls, in_flight = sys.argv[1:]
    questions = [f"{WORDS} How many in month {number}?" for number in range(int(calls))]
    client = {"ours": ours, "aiohttp": plain}[name]
    gc.set_threshold(*RARE_COLLECTIONS)  # as in every run
    answered, cpu_s = asyncio.run(client(url, questions, int(in_flight)))
    print(json.dumps({"answered": answered, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
