"""`backmath review push`: put doubtful candidates before people, with audits and gold questions unseen among them."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backmath.command_line import typed, within
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.progress import Bar
from backmath.review.budget import print_budget
from backmath.review.connection import ArgillaUrl, connected
from backmath.signals import asking_to_stop
from backmath.terminal import console, data, times
from backmath.work import stopped

if TYPE_CHECKING:
    from rich.console import Console

    from curation.review.argilla import Argilla
    from curation.review.queue import Chosen
    from curation.store import Store
    from schemas.review import ItemKind

EXAMPLE = "backmath review push --budget 200 --audit 0.1 --dry-run"

AUDIT = 0.1
"""Share of the rows that is an audit where nothing else is said."""

_KINDS: "dict[ItemKind, str]" = {
    "doubt": "doubtful",
    "audit": "accepted, as a blind audit",
    "gold": "with known answers",
}


def push(
    budget: Annotated[int, typer.Option(min=1, metavar="N", help="How many rows people are asked about.")] = 200,
    audit: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share of the budget that goes to accepted candidates, unseen among the rest; 1 for audits alone.",
        ),
    ] = AUDIT,
    gold: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help='Candidates with known answers: {"candidate": ID, "verdict": "reject"} a line.'
        ),
    ] = None,
    reviews: Annotated[
        int | None,
        typer.Option(min=1, max=20, metavar="N", help="Answers that each candidate needs; left out, 1, or as it is."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    argilla_url: ArgillaUrl = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Send candidates to Argilla, the most informative first.

    Nobody is asked twice about a candidate, and nobody can tell an audit or a gold question from the rest: half of the
    rows that show no doubt are doubtful. Cut short, the same command sends the rest of what was chosen, and no more.
    """
    from curation.problems import count_problems
    from curation.store import Store

    store = Store(workspace)
    count_problems(store)  # says so where there is no store
    out = console()
    if dry_run:
        chosen = _choose(store, budget, audit, gold)
        _print_chosen(out, chosen, "would be sent")
        print_budget(out, chosen.estimates, chosen.bought, chosen.doubts)
        return
    server = connected(workspace, argilla_url)
    stop = threading.Event()
    with asking_to_stop(stop.set):
        sent, left = send_rows(out, store, server, stop.is_set, budget, audit, gold, reviews)
    if left:
        line = typed("review", "push", budget=budget, audit=audit, gold=gold, reviews=reviews, argilla_url=argilla_url)
        raise stopped(line, workspace)
    if sent:
        out.print(data(f"Reviewers answer at {server.url}."), soft_wrap=True)
        out.print(data(f"Next: {within('backmath review pull', workspace)}"), soft_wrap=True)


def send_rows(
    out: "Console",
    store: "Store",
    server: "Argilla",
    stopping: Callable[[], bool],
    budget: int,
    audit: float = AUDIT,
    gold: Path | None = None,
    reviews: int | None = None,
) -> tuple[int, int]:
    """Choose and send rows, or what is left of those that were chosen before; how many were sent, and how many not."""
    from curation.review import items
    from curation.review.push import restore, send

    with store.running("review push"):
        dataset = server.make_dataset("review", reviews or 1)
        if reviews not in (None, dataset.reviews_needed):
            dataset.need(reviews)
            out.print(f"Every row needs {times(reviews, 'answer')} now, also those that were sent before.")
        if lost := restore(store, dataset, "review"):
            out.print(f"{lost:,} rows that Argilla has no more are sent again.")
        with store.connect(read_only=True) as connection:
            left = len(items.unpushed(connection, "review"))
        if left and not lost:
            out.print(f"Going on with the {left:,} rows that were chosen and not sent.")
        elif not left:
            chosen = _choose(store, budget, audit, gold)
            with store.connect() as connection:
                items.add(connection, chosen.items)
            left = len(chosen.items)
            _print_chosen(out, chosen, "chosen")
        with Bar("Sending", left, Counter, stopping) as bar:
            sent = send(store, dataset, "review", advance=bar.advance, stopping=stopping)
    out.print(f"{times(sent, 'row')} sent." if left else "Nothing waits that people were not asked about.")
    return sent, left - sent


def _choose(store: "Store", budget: int, audit: float, gold: Path | None) -> "Chosen":
    from curation.review import gold_answers
    from curation.review.queue import choose

    with store.connect(read_only=True) as connection:
        answers = gold_answers.read(connection, gold) if gold else {}
        return choose(connection, budget, audit, answers)


def _print_chosen(out: "Console", chosen: "Chosen", how: str) -> None:
    counts = Counter(item.kind for item in chosen.items)
    parts = [f"{counts[kind]:,} {name}" for kind, name in _KINDS.items() if counts[kind]]
    out.print(f"{times(len(chosen.items), 'row')} {how}" + (f": {', '.join(parts)}." if parts else "."))
    out.print(
        f"{chosen.waiting:,} doubtful candidates waited, {chosen.auditable:,} accepted ones were never looked at."
    )
