"""`backmath generate`: backward problems from the problems of the store, proved, decided and written as they come."""

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from backmath.command_line import typed
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace, configured
from backmath.errors import CommandError
from backmath.funnel import print_funnel, print_next
from backmath.progress import Bar
from backmath.terminal import console
from backmath.work import Work, stopped, working

if TYPE_CHECKING:
    from curation.runs import Run
    from curation.store import Store
    from generation.strategy import Strategy

EXAMPLE = "backmath generate --limit 100 --concurrency 2"


def generate(
    formula: Annotated[
        Literal["trace"],
        configured("generate", "formula", help="trace: read off the solution's own calculations."),
    ] = "trace",
    wording: Annotated[
        Literal["fobar"],
        configured("generate", "wording", help="fobar: the question with x, its answer, and what is x?"),
    ] = "fobar",
    limit: Annotated[
        int | None,
        configured("generate", "limit", min=1, metavar="N", help="Only the first N problems of the store."),
    ] = None,
    concurrency: Annotated[
        int | None,
        configured("generate", "concurrency", min=1, metavar="N", help="Worker processes; left out, one a core."),
    ] = None,
    executor: Annotated[
        Literal["local"],
        configured("generate", "executor", help="Where the work is done: local processes."),
    ] = "local",
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Make backward problems, prove them, and decide each: accept, review or reject.

    Problems that are done are left out, so the same command goes on after an interruption. Ctrl-C finishes what is in
    flight and writes it; a second one stops at once.

    The options but --debug can also be set under `[generate]` in the workspace's backmath.toml, or as
    BACKMATH_GENERATE_LIMIT and so on.
    """
    from curation.status import status
    from curation.store import Store
    from generation.strategy import Strategy

    store = Store(workspace)
    line = typed("generate", limit=limit, concurrency=concurrency)
    run = derive_all(store, Strategy(formula, wording), line, limit=limit, concurrency=concurrency)
    now = status(store)
    out = console()
    out.print(summary(run))
    print_funnel(out, now)
    if run.status == "interrupted":
        raise stopped(line, workspace)
    print_next(out, now.next_steps, workspace)


def derive_all(
    store: "Store", strategy: "Strategy", command_line: str, *, limit: int | None = None, concurrency: int | None = None
) -> "Run":
    """Derive from the first `limit` problems of the store, those that are done left out; return the finished run."""
    from generation.executors.local import LocalExecutor

    ready = LocalExecutor(concurrency)
    from curation import policy
    from curation.derivations import StoreSink, done_problem_ids
    from curation.problems import count_problems, read_problems
    from generation.pipeline import run as pipeline

    if not (problems := count_problems(store)):
        raise CommandError(f"there are no problems in {store.path}. Next: backmath ingest --help")
    rules = policy.load()
    done = done_problem_ids(store, strategy.formula, strategy.wording, strategy.fingerprint)
    total = max(0, min(limit or problems, problems) - len(done))

    async def derive(work: Work) -> None:
        sink = StoreSink(store, work.run, strategy.wording, rules)
        async with ready as executor:
            with Bar("Deriving", total, lambda: sink.verdicts, work.stop.is_set) as bar:
                await pipeline(
                    read_problems(store, limit=limit),
                    done=done,
                    executor=executor,
                    sink=sink,
                    progress=lambda _: bar.advance(),
                    stop=work.stop,
                )

    with working(
        store,
        "generate",
        command_line=command_line,
        configuration=asdict(strategy) | {"limit": limit, "policy": rules.full_version},
        fingerprint=strategy.fingerprint,
    ) as work:
        asyncio.run(derive(work))
    return work.run


def summary(run: "Run") -> str:
    """What a run added, in one sentence."""
    if not (derived := run.counts.get("derived", 0)):
        return "Nothing to do: every problem has been derived in this way before."
    candidates, accepted, review, rejected = (
        run.counts.get(name, 0) for name in ("candidates", "accepted", "review", "rejected")
    )
    return (
        f"{derived:,} problems gave {candidates:,} candidates: "
        f"{accepted:,} accepted, {review:,} for review, {rejected:,} rejected."
    )
