"""`backmath generate`: backward problems from the problems of the store, proved, decided and written as they come."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from backmath.asking import Asking, asking
from backmath.command_line import typed
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace, configured
from backmath.errors import CommandError
from backmath.funnel import print_funnel, print_next
from backmath.progress import Bar
from backmath.terminal import console
from backmath.work import Work, stopped, working

if TYPE_CHECKING:
    from curation.policy import Policy
    from curation.runs import Run
    from curation.store import Store
    from generation.llm.client import Client
    from generation.pipeline import Executor
    from generation.strategy import Strategy
    from schemas.derivation import Derivation

EXAMPLE = "backmath generate --limit 100 --concurrency 2"

_ASKED = "Asking a model"


def generate(
    formula: Annotated[
        Literal["trace", "formalize"],
        configured(
            "generate",
            "formula",
            help="trace: read off the solution's own calculations; formalize: written by a model that sees the "
            "question only.",
        ),
    ] = "trace",
    wording: Annotated[
        Literal["fobar", "declarative", "rewrite"],
        configured(
            "generate",
            "wording",
            help="fobar: the question with x, its answer, and what is x? declarative: its last sentence told by a "
            "model as a statement; rewrite: all of it rewritten by a model.",
        ),
    ] = "fobar",
    policy: Annotated[
        Path | None,
        configured("generate", "policy", metavar="FILE", help="TOML file with the rules that differ from the default."),
    ] = None,
    limit: Annotated[
        int | None,
        configured("generate", "limit", min=1, metavar="N", help="Only the first N problems of the store."),
    ] = None,
    concurrency: Annotated[
        int | None,
        configured(
            "generate",
            "concurrency",
            min=1,
            metavar="N",
            help="Worker processes, left out, one a core; where a model is asked, calls in flight, left out, 16.",
        ),
    ] = None,
    executor: Annotated[
        Literal["local"],
        configured("generate", "executor", help="Where the work is done: local processes."),
    ] = "local",
    model: Annotated[
        str | None,
        configured("generate", "model", metavar="NAME", rich_help_panel=_ASKED, help="The model to ask."),
    ] = None,
    base_url: Annotated[
        str | None,
        configured(
            "generate",
            "base_url",
            metavar="URL",
            rich_help_panel=_ASKED,
            help="An OpenAI-compatible server, up to and with /v1; left out, OPENAI_BASE_URL, then OpenAI itself. "
            "The key is taken from OPENAI_API_KEY.",
        ),
    ] = None,
    samples: Annotated[
        int,
        configured(
            "generate",
            "samples",
            min=1,
            max=64,
            metavar="K",
            rich_help_panel=_ASKED,
            help="Formulas asked for each problem: those that agree raise confidence, those that differ are reviewed.",
        ),
    ] = 1,
    votes: Annotated[
        int,
        configured(
            "generate",
            "votes",
            min=0,
            max=64,
            metavar="K",
            rich_help_panel=_ASKED,
            help="Solutions asked for each backward problem, compared with the hidden value and kept where proved.",
        ),
    ] = 0,
    judge: Annotated[
        bool,
        configured(
            "generate", "judge", rich_help_panel=_ASKED, help="Have the model judge each backward problem by a rubric."
        ),
    ] = False,
    budget: Annotated[
        float | None,
        configured(
            "generate",
            "budget",
            min=0,
            metavar="USD",
            rich_help_panel=_ASKED,
            help="No call is sent that could make the run cost more.",
        ),
    ] = None,
    price: Annotated[
        tuple[float, float] | None,
        configured(
            "generate",
            "price",
            metavar="IN OUT",
            rich_help_panel=_ASKED,
            help="USD for a million tokens in, and out; left out, the provider's known price.",
        ),
    ] = None,
    timeout: Annotated[
        float,
        configured(
            "generate", "timeout", min=0.1, metavar="S", rich_help_panel=_ASKED, help="Seconds an answer may take."
        ),
    ] = 300.0,
    max_tokens: Annotated[
        int | None,
        configured(
            "generate",
            "max_tokens",
            min=1,
            metavar="N",
            rich_help_panel=_ASKED,
            help="Tokens that one answer may have; left out, as many as each prompt needs.",
        ),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Make backward problems, prove them, and decide each: accept, review or reject.

    Problems that are done are left out, so the same command goes on after an interruption, and no answer of a model is
    paid for twice. Ctrl-C finishes what is in flight (with a model, the calls that are) and writes it; a second one
    stops at once.

    The options but --debug can also be set under `[generate]` in the workspace's backmath.toml, or as
    BACKMATH_GENERATE_LIMIT and so on.
    """
    from curation.policy import load
    from curation.status import status
    from curation.store import Store
    from generation.strategy import Strategy

    store = Store(workspace)
    rules = load(policy)
    strategy = Strategy(formula, wording, None, samples, votes, judge)
    ask = None
    if strategy.purposes:
        ask = asking(model, base_url, budget, price, timeout, concurrency, max_tokens)
        strategy = Strategy(formula, wording, ask.model, samples, votes, judge)
    line = typed(
        "generate",
        formula=formula if formula != "trace" else None,
        wording=wording if wording != "fobar" else None,
        model=ask.model if ask else None,
        base_url=base_url if ask else None,
        samples=samples if samples != 1 else None,
        votes=votes or None,
        judge=judge or None,
        budget=budget if ask else None,
        price=price if ask else None,
        timeout=timeout if ask and timeout != 300 else None,
        max_tokens=max_tokens if ask else None,
        policy=policy,
        limit=limit,
        concurrency=concurrency,
    )
    run, ended = derive_all(store, strategy, line, rules, limit=limit, concurrency=concurrency, ask=ask)
    now = status(store)
    out = console()
    out.print(summary(run))
    print_funnel(out, now)
    if run.status == "interrupted":
        raise stopped(line, workspace, ended)
    print_next(out, now.next_steps, workspace)


def derive_all(
    store: "Store",
    strategy: "Strategy",
    command_line: str,
    policy: "Policy",
    *,
    limit: int | None = None,
    concurrency: int | None = None,
    ask: Asking | None = None,
) -> "tuple[Run, str]":
    """Derive from the first `limit` problems of the store, those that are done left out.

    Returns the finished run, and what ended it early: "stopped", or what was wrong with the model.
    """
    from generation.executors.local import LocalExecutor

    ready = None if ask else LocalExecutor(concurrency)
    from curation.calls import CallLedger
    from curation.derivations import StoreSink, done_problem_ids
    from curation.problems import count_problems, read_problems
    from generation.llm.errors import ModelError
    from generation.pipeline import run as pipeline

    if not (problems := count_problems(store)):
        raise CommandError(f"there are no problems in {store.path}. Next: backmath ingest --help")
    done = done_problem_ids(store, strategy.formula, strategy.wording, strategy.fingerprint)
    total = max(0, min(limit or problems, problems) - len(done))
    ended = "stopped"

    async def derive(work: Work) -> None:
        nonlocal ended
        sink = StoreSink(store, work.run, strategy.wording, policy)
        failed = 0

        def advance(derivation: "Derivation") -> None:
            nonlocal failed
            failed += derivation.failed
            bar.advance()

        def tallies() -> Counter[str]:
            return sink.verdicts + Counter(failed=failed)

        async with AsyncExitStack() as stack:
            client: Client | None = None
            executor: Executor
            if ready:
                executor = await stack.enter_async_context(ready)
            elif ask:
                from generation.executors.model import ModelExecutor

                ledger = await stack.enter_async_context(CallLedger(store, work.run))
                client = await stack.enter_async_context(ask.client(ledger))
                await client.check()
                executor = await stack.enter_async_context(
                    ModelExecutor(strategy, client, ask.concurrency, ask.max_tokens)
                )
            if client:
                stack.callback(asyncio.create_task(stop_sending(work, client)).cancel)
            with Bar("Deriving", total, tallies, work.stop.is_set, lambda: _spent(client)) as bar:
                try:
                    await pipeline(
                        read_problems(store, limit=limit),
                        done=done,
                        executor=executor,
                        sink=sink,
                        progress=advance,
                        stop=work.stop,
                    )
                except ModelError as error:
                    ended = str(error)
                    work.stop.set()

    with working(
        store,
        "generate",
        command_line=command_line,
        configuration=asdict(strategy) | {"limit": limit, "policy": policy.full_version},
        fingerprint=strategy.fingerprint,
    ) as work:
        asyncio.run(derive(work))
    return work.run, ended


async def stop_sending(work: Work, client: "Client") -> None:
    """Once the run is asked to stop, calls in flight end and no other is sent."""
    while not work.stop.is_set():
        await asyncio.sleep(0.1)  # a signal handler sets it, which wakes no event loop
    client.stop()


def _spent(client: "Client | None") -> str:
    if client is None:
        return ""
    return f"{sum(client.calls.values()):,} calls" + ("" if client.spent is None else f" ${client.spent:,.2f}")


def summary(run: "Run") -> str:
    """What a run added and, on a line of its own, what failed."""
    derived, failed = run.counts.get("derived", 0), run.counts.get("failed", 0)
    if not derived and not failed:
        return "Nothing to do: every problem has been derived in this way before."
    candidates, accepted, review, rejected = (
        run.counts.get(name, 0) for name in ("candidates", "accepted", "review", "rejected")
    )
    return (
        f"{derived:,} problems gave {candidates:,} candidates: "
        f"{accepted:,} accepted, {review:,} for review, {rejected:,} rejected."
    ) + (f"\n{failed:,} more failed for want of a model's answer." if failed else "")
