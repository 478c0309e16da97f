"""`backmath review status`: who has what left, what waits for whom, and what audits show."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.review.connection import ArgillaUrl, connected
from backmath.status import print_precision
from backmath.terminal import console, data, heading, print_json, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curation.review.workload import Workload
    from schemas.review import ReviewStage

EXAMPLE = "backmath review status"

_STAGES = {"review": "Review", "adjudication": "Adjudication"}


def status(
    json: Json = False, argilla_url: ArgillaUrl = None, workspace: Workspace = DEFAULT_WORKSPACE, debug: Debug = False
) -> None:
    """Show who has answered how much and has what left, as of the last pull, and the precision that audits show.

    Where Argilla does not answer, those who never answered anything are not listed.
    """
    from curation.review.audit import precisions
    from curation.review.workload import workload
    from curation.store import Store

    members, needed, away = _people(workspace, argilla_url)
    with Store(workspace).connect(read_only=True) as connection:
        load = workload(connection, members, needed)
        precision = precisions(connection)
    if json:
        print_json(load.model_dump(mode="json") | {"precision": [row.model_dump(mode="json") for row in precision]})
        return
    out = console()
    if not load.stages:
        out.print("Nobody was asked anything yet.")
        out.print(data(f"Next: {within('backmath review push', workspace)}"), soft_wrap=True)
        return
    _print_stages(out, load)
    if away:
        out.print(data(away, "yellow"))
    if precision:
        print_precision(out, precision)
    _print_next(out, load, workspace)


def _people(workspace: Path, url: str | None) -> "tuple[dict[ReviewStage, Sequence[str]], dict[ReviewStage, int], str]":
    """Who may answer at each stage and how many answers are needed there, and why that is not known if it is not."""
    from backmath.errors import CommandError
    from curation.errors import CurationError

    stages: tuple[ReviewStage, ...] = ("review", "adjudication")
    try:
        server = connected(workspace, url)
        datasets = {stage: server.dataset(stage) for stage in stages}
        needed = {stage: dataset.reviews_needed if dataset else 1 for stage, dataset in datasets.items()}
        return {stage: server.members(stage) for stage in stages}, needed, ""
    except (CommandError, CurationError) as error:
        return dict.fromkeys(stages, ()), dict.fromkeys(stages, 1), str(error)


def _print_stages(out: Console, load: "Workload") -> None:
    for stage in load.stages:
        out.print(heading(_STAGES[stage.stage]))
        unsent = f", {stage.unsent:,} not sent yet" if stage.unsent else ""
        out.print(f"  {stage.sent:,} rows sent{unsent}, {stage.unanswered:,} unanswered, {stage.decided:,} decided")
        table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
        table.add_column("reviewer", no_wrap=True, max_width=30)
        for name in ("answered", "cannot count", "left"):
            table.add_column(name, justify="right")
        for row in load.reviewers:
            if row.stage == stage.stage:
                table.add_row(data(row.reviewer), f"{row.answered:,}", f"{row.unusable:,}", f"{row.left:,}")
        if table.row_count:
            out.print(table)
    if load.disagreements:
        out.print(f"\nTo be sent to adjudicators: {times(load.disagreements, 'disagreement')}.", style="yellow")


def _print_next(out: Console, load: "Workload", workspace: Path) -> None:
    out.print(heading("Next"))
    if load.disagreements:
        out.print(data(within("backmath review adjudicate", workspace), "bold"), soft_wrap=True)
    if any(stage.unsent for stage in load.stages):
        out.print(data(within("backmath review push", workspace), "bold"), soft_wrap=True)
    for command in ("backmath review pull", "backmath review agreement"):
        out.print(data(within(command, workspace), "bold"), soft_wrap=True)
