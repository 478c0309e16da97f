"""`backmath quickstart`: the main job on the bundled sample, with no key and no network."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from backmath.candidate_page import print_candidate, print_doubt
from backmath.command_line import typed, within
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.funnel import print_funnel
from backmath.generate import derive_all
from backmath.ingest import Origin, add
from backmath.report import written
from backmath.terminal import console, data, heading
from backmath.work import stopped

if TYPE_CHECKING:
    from curation.listing import Shown
    from curation.store import Store
    from schemas.decision import Verdict

EXAMPLE = "backmath quickstart"

_WHAT = (
    "{problems:,} word problems come with BackMATH, each with its solution and answer. In each of them every known "
    "quantity was hidden in turn, and the solution's own arithmetic followed with x in its place: that gives an "
    "equation, a backward question, and a solution of it, step by step. All of it was checked by exact arithmetic; "
    "what is proved was accepted, and what is doubtful was kept for people to decide."
)

_NEXT = (
    ("backmath candidates list --decision review", "what people would have to decide"),
    ("backmath review serve --push 60", "and where they decide it: a page in the browser, on this machine"),
    ("backmath ingest gsm8k --path train.jsonl", "GSM8K's file, if you have it; --hub openai/gsm8k fetches it"),
    ("backmath ingest records --path FILE --columns question=q,solution=s", "your own problems: JSONL, CSV or Parquet"),
    ("backmath generate", "then make backward problems from them"),
)


def quickstart(workspace: Workspace = DEFAULT_WORKSPACE, debug: Debug = False) -> None:
    """Make backward problems from the bundled sample, and show what came of it.

    No key and no network. Running it again adds nothing.
    """
    import generation.sources
    from curation.policy import load
    from curation.status import status
    from curation.store import Store
    from generation.strategy import Strategy

    store = Store(workspace)
    sample = Path(generation.sources.__path__[0]) / "sample.jsonl"
    origin = Origin("records", path=sample, columns={"solution": "answer"}, licence="Apache-2.0")
    line = typed("quickstart")
    added = add(store, origin, line)
    # One worker derives in order, so that the examples below are the same each time.
    if added.stopped or derive_all(store, Strategy(), line, load(), concurrency=1)[0].status != "done":
        raise stopped(line, workspace)
    out = console()
    out.print(_WHAT.format(problems=added.problems + added.known))
    out.print(heading("What became of them"))
    print_funnel(out, status(store))
    accepted = _first(store, "accept")
    if accepted:
        out.print(heading("One that was accepted"))
        print_candidate(out, accepted)
    if doubtful := _first(store, "review", other_than=accepted):
        out.print(heading("One that a person should look at, and why"))
        print_doubt(out, doubtful)
    _print_next(out, store, workspace)
    where = store.folder / "releases" / _released(store)
    out.print(data(f'As a dataset: load_dataset("{where}", "backward")'), soft_wrap=True)
    out.print(data(f"The report, a page for your browser: {written(workspace)}"), soft_wrap=True)


def _released(store: "Store") -> str:
    """The version of the newest release, which is made where there is none."""
    from curation.policy import load
    from curation.releases.build import build
    from curation.releases.shelf import versions

    with store.running("release create"):
        with store.connect(read_only=True) as connection:
            known = versions(connection)
        made = None if known else build(store, None, policy=load())
    return made.version if made else str(known[-1])


def _first(store: "Store", decision: "Verdict", other_than: "Shown | None" = None) -> "Shown | None":
    """The first candidate of the sample that was decided so, not of the same problem as another one."""
    from curation.listing import Selection, list_candidates, show

    seen = other_than.candidate.problem_id if other_than else None
    rows = list_candidates(store, Selection(decision=decision, source="sample", limit=50))
    return next((show(store, row.candidate_id) for row in rows if row.problem_id != seen), None)


def _print_next(out: Console, store: "Store", workspace: Path) -> None:
    out.print(heading("Next"))
    for command, why in _NEXT:
        out.print(data(within(command, workspace), "bold"), soft_wrap=True)
        out.print(f"    {why}", style="dim")
    out.print(f"\nAll of it is in {store.path}, one DuckDB file: see the view candidate_overview.", soft_wrap=True)
