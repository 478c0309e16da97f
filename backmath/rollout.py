"""`backmath rollout`: process labels from what a model makes of each step of a solution."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import islice
from typing import TYPE_CHECKING, Annotated

from backmath.asking import Asking, asking
from backmath.command_line import typed
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace, configured
from backmath.errors import CommandError
from backmath.generate import stop_sending
from backmath.progress import Bar
from backmath.terminal import console
from backmath.work import Work, stopped, working

if TYPE_CHECKING:
    from curation.store import Store
    from schemas.rollout import RolledSolution

EXAMPLE = "backmath rollout --model gpt-4o-mini --limit 5"


def rollout(
    model: Annotated[str | None, configured("rollout", "model", metavar="NAME", help="The model that goes on.")] = None,
    base_url: Annotated[
        str | None,
        configured(
            "rollout",
            "base_url",
            metavar="URL",
            help="An OpenAI-compatible server, up to and with /v1; left out, OPENAI_BASE_URL, then OpenAI itself. "
            "The key is taken from OPENAI_API_KEY.",
        ),
    ] = None,
    n: Annotated[int, configured("rollout", "n", min=1, max=64, metavar="N", help="Completions from each step.")] = 8,
    limit: Annotated[
        int | None, configured("rollout", "limit", min=1, metavar="N", help="Only the first N solutions.")
    ] = None,
    concurrency: Annotated[
        int | None, configured("rollout", "concurrency", min=1, metavar="N", help="Calls in flight; left out, 16.")
    ] = None,
    budget: Annotated[
        float | None,
        configured(
            "rollout", "budget", min=0, metavar="USD", help="No call is sent that could make the run cost more."
        ),
    ] = None,
    price: Annotated[
        tuple[float, float] | None,
        configured(
            "rollout",
            "price",
            metavar="IN OUT",
            help="USD for a million tokens in, and out; left out, the provider's known price.",
        ),
    ] = None,
    timeout: Annotated[
        float, configured("rollout", "timeout", min=0.1, metavar="S", help="Seconds an answer may take.")
    ] = 300.0,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Have a model go on from each step of a solution, and keep how often it gets to the answer.

    A release takes these as labels of the source `rollout`. What is done is left out, so the same command goes on after
    an interruption, and no answer is paid for twice.
    """
    from curation import rollouts
    from curation.store import Store
    from schemas.identity import content_id

    store = Store(workspace)
    ask = asking(model, base_url, budget, price, timeout, concurrency, None)
    if not (solutions := rollouts.solutions(store, limit)):
        raise CommandError(f"there are no solutions in {store.path}. Next: backmath ingest --help")
    line = typed(
        "rollout",
        model=ask.model,
        base_url=base_url,
        n=n if n != 8 else None,
        limit=limit,
        concurrency=concurrency,
        budget=budget,
        price=price,
        timeout=timeout if timeout != 300 else None,
    )
    with working(
        store,
        "rollout",
        command_line=line,
        configuration={"model": ask.model, "n": n, "limit": limit},
        fingerprint=content_id("rollout", ask.model, str(n)),
    ) as work:
        made, failed, ended = asyncio.run(_roll_out(store, work, ask, solutions, n))
    console().print(
        f"{made:,} completions of {len(solutions):,} solutions."
        + (f" {failed:,} more could not be had; the same command tries them again." if failed else "")
    )
    if work.run.status == "interrupted":
        raise stopped(line, workspace, ended)


async def _roll_out(
    store: "Store", work: Work, ask: Asking, solutions: Sequence["RolledSolution"], n: int
) -> tuple[int, int, str]:
    """How many completions were had and could not be had, and what ended the work early."""
    from curation import rollouts
    from curation.calls import CallLedger
    from generation.llm.errors import ModelError
    from generation.solutions.rollouts import roll_out

    done = rollouts.done(store, ask.model)
    made = failed = 0
    ended = "stopped"
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            ask.client(await stack.enter_async_context(CallLedger(store, work.run)))
        )
        try:
            await client.check()
        except ModelError as error:
            work.stop.set()
            return 0, 0, str(error)
        stack.callback(asyncio.create_task(stop_sending(work, client)).cancel)
        with Bar("Rolling out", len(solutions), lambda: Counter(failed=failed), work.stop.is_set) as bar:
            for batch in _batches(solutions, ask.concurrency):
                found = await asyncio.gather(*(roll_out(each, client, n, done.get(each.id, ())) for each in batch))
                rollouts.add(store, work.run.run_id, [rollout for of_one, _, _ in found for rollout in of_one])
                for of_one, missing, over in found:
                    made, failed = made + len(of_one), failed + missing
                    if over is not None and not work.stop.is_set():
                        ended = str(over)
                        work.stop.set()
                    bar.advance()
                if work.stop.is_set():
                    break
    return made, failed, ended


def _batches(solutions: Sequence["RolledSolution"], size: int) -> Iterator[list["RolledSolution"]]:
    """So many at a time that each keeps every call in flight busy, and is written when it is done."""
    rest = iter(solutions)
    while batch := list(islice(rest, size)):
        yield batch
