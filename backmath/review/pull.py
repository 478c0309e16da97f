"""`backmath review pull`: take in what people answered, once or as it comes, and decide by it."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.errors import CommandError
from backmath.progress import Bar
from backmath.review.connection import ArgillaUrl, connected
from backmath.signals import asking_to_stop
from backmath.terminal import console, data, print_error, print_json, times

if TYPE_CHECKING:
    from rich.console import Console

    from curation.review.argilla import Argilla
    from curation.review.pull import Pulled
    from curation.store import Store

EXAMPLE = "backmath review pull --json"

_GATHER_S = 1.0
"""Seconds in which events of a webhook are gathered before they are pulled."""


def pull(
    watch: Annotated[
        float | None, typer.Option(min=1, metavar="SECONDS", help="Go on until Ctrl-C, pulling so often.")
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Go on until Ctrl-C, pulling when Argilla calls this address of ours, such as http://127.0.0.1:8787.",
        ),
    ] = None,
    argilla_url: ArgillaUrl = None,
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Append the reviews that are new or changed, check corrections like a machine's work, and decide.

    Nothing is overwritten, and pulling again adds nothing. Candidates with the answers they need are decided; those on
    which reviewers differ wait for `backmath review adjudicate`.
    """
    from curation.problems import count_problems
    from curation.store import Store

    store = Store(workspace)
    count_problems(store)
    server = connected(workspace, argilla_url)
    if watch is None and webhook is None:
        pulled = _pull(store, server)
        if json:
            print_json(pulled.model_dump(mode="json"))
        else:
            _print(console(), pulled, workspace)
        return
    if json:
        raise CommandError("--json goes with a single pull; nothing was pulled. Next: leave out --watch and --webhook")
    asyncio.run(_keep_pulling(store, server, watch, webhook))


def _pull(store: "Store", server: "Argilla") -> "Pulled":
    from curation.review.pull import pull as take_in

    with store.running("review pull"), Bar("Pulling", None, Counter, lambda: False) as bar:
        return take_in(store, server, advance=bar.advance)


async def _keep_pulling(store: "Store", server: "Argilla", watch: float | None, webhook: str | None) -> None:
    """Pull now, and then whenever the time is up or Argilla calls, until the process is asked to stop.

    A server that is away for a while is waited for.
    """
    from contextlib import AsyncExitStack

    from curation.errors import ArgillaUnreachableError
    from curation.review.webhook import listening

    loop = asyncio.get_running_loop()
    woken, stop = asyncio.Event(), asyncio.Event()

    def end() -> None:
        stop.set()
        loop.call_soon_threadsafe(woken.set)

    out = console()
    async with AsyncExitStack() as stack:
        stack.enter_context(asking_to_stop(end))
        if webhook is not None:
            await stack.enter_async_context(listening(server, webhook, woken.set))
        out.print(data(f"Pulling from {server.url} until Ctrl-C."), soft_wrap=True)
        while True:
            try:
                pulled = await asyncio.to_thread(_pull, store, server)
            except ArgillaUnreachableError as error:
                print_error(str(error))
            else:
                if pulled.events or pulled.decided:
                    out.print(_line(pulled))
            if not stop.is_set():
                await _wait(woken, watch)
            if stop.is_set():
                break
    out.print("Stopped.")


async def _wait(woken: asyncio.Event, seconds: float | None) -> None:
    """Wait until woken, or for so many seconds; then a moment more, so that one pull serves many answers."""
    try:
        await asyncio.wait_for(woken.wait(), seconds)
        await asyncio.sleep(_GATHER_S)
    except TimeoutError:
        pass
    woken.clear()


def _line(pulled: "Pulled") -> str:
    events = ", ".join(f"{count:,} {name}" for name, count in pulled.events.items()) or "no new answer"
    decided = ", ".join(f"{count:,} {_DECIDED.get(name, name)}" for name, count in pulled.decided.items())
    return f"{events}; {decided or 'nothing new decided'}"


_DECIDED = {
    "accept": "accepted",
    "reject": "rejected",
    "corrected": "corrected and accepted",
    "disagreement": "in disagreement",
    "taken back": "undecided again",
}


def _print(out: "Console", pulled: "Pulled", workspace: Path) -> None:
    if pulled.events or pulled.decided:
        out.print(f"{times(sum(pulled.events.values()), 'new answer')}: {_line(pulled)}.")
    else:
        out.print("Nothing new was answered.")
    if pulled.unusable:
        out.print(f"{pulled.unusable:,} of them cannot count, and say why in the table reviews.", style="yellow")
    if pulled.strangers:
        out.print(f"{pulled.strangers:,} answers are to records that are no candidates of this store.", style="yellow")
    for stage in pulled.missing:
        out.print(data(f"Argilla has no dataset for {stage} any more; what was pulled stays.", "yellow"))
    if "review" in pulled.missing:
        out.print(data(f"Next: {within('backmath review push', workspace)}, which makes it again"), soft_wrap=True)
    elif pulled.decided.get("disagreement"):
        out.print(data(f"Next: {within('backmath review adjudicate', workspace)}"), soft_wrap=True)
    else:
        out.print(data(f"Next: {within('backmath review status', workspace)}"), soft_wrap=True)
