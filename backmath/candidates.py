"""`backmath candidates`: backward problems by what was decided and why, one to read, or a file of them."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.terminal import MARKS, console, data, print_json
from schemas.check import CheckName
from schemas.formula import FormulaKind

app = typer.Typer(help="List, read and export the backward problems.", rich_markup_mode="markdown")

LIST_EXAMPLE = "backmath candidates list --decision review --limit 5"
SHOW_EXAMPLE = "backmath candidates show 3f2a9c01"
EXPORT_EXAMPLE = "backmath candidates export accepted.parquet --decision accept"

WithDecision = Annotated[
    Literal["accept", "review", "reject"] | None, typer.Option("--decision", help="Only those decided so.")
]
FromSource = Annotated[
    str | None, typer.Option("--source", metavar="NAME", help="Only those of this source, such as gsm8k.")
]
WithFormula = Annotated[FormulaKind | None, typer.Option("--formula", help="Only those of this kind of formula.")]
WithFailed = Annotated[
    CheckName | None,
    typer.Option("--failed-check", metavar="CHECK", help="Only those that failed this check, such as unique_root."),
]


@app.command("list", epilog=f"Example: {LIST_EXAMPLE}")
def list_(
    decision: WithDecision = None,
    source: FromSource = None,
    formula: WithFormula = None,
    failed_check: WithFailed = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many at most.")] = 20,
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """List candidates, one a line, in the order in which they were made."""
    from curation.listing import Selection, list_candidates
    from curation.store import Store

    selection = Selection(decision=decision, source=source, formula=formula, failed=failed_check, limit=limit)
    rows = list_candidates(Store(workspace), selection)
    if json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    for name in ("candidate", "source", "decision", "hidden"):
        table.add_column(name, no_wrap=True)
    table.add_column("equation", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("held back by", no_wrap=True)
    for row in rows:
        mark, style = MARKS[row.decision] if row.decision else ("·", "dim")
        table.add_row(
            row.candidate_id[:8],
            data(row.source),
            Text(f"{mark} {row.decision or 'none'}", style),
            data(row.condition_text),
            data(row.equation or ""),
            data(row.reasons[0].partition(":")[0] if row.reasons and row.decision != "accept" else "", "dim"),
        )
    out = console()
    if not rows:
        out.print("No candidates like that.")
        return
    out.print(table)
    if len(rows) == limit:
        out.print(f"The first {limit}; --limit shows more.", style="dim")
    out.print(f"Next: {within(f'backmath candidates show {rows[0].candidate_id[:8]}', workspace)}")


@app.command(epilog=f"Example: {SHOW_EXAMPLE}")
def show(
    candidate: Annotated[str, typer.Argument(metavar="ID", help="The candidate's id, or its first characters.")],
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Show one candidate whole: question, equation, solution, checks with their reasons, decision."""
    from backmath.candidate_page import print_candidate
    from curation.listing import show as find
    from curation.store import Store

    shown = find(Store(workspace), candidate)
    if json:
        print_json(shown.model_dump(mode="json"))
    else:
        print_candidate(console(), shown)


@app.command(epilog=f"Example: {EXPORT_EXAMPLE}")
def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write; its suffix says how: .jsonl or .parquet.")
    ],
    decision: WithDecision = None,
    source: FromSource = None,
    formula: WithFormula = None,
    failed_check: WithFailed = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="How many at most.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Write candidates to a file: the columns of the view candidate_overview, and the solution's steps."""
    from curation.export import export as write
    from curation.listing import Selection
    from curation.store import Store

    selection = Selection(decision=decision, source=source, formula=formula, failed=failed_check, limit=limit)
    count = write(Store(workspace), selection, file, overwrite=overwrite)
    console().print(data(f"{count:,} candidates written to {file}"))
