"""`backmath report`: one page of what the workspace holds."""

from pathlib import Path
from typing import Annotated

import typer

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.funnel import MEANING
from backmath.terminal import console, data

EXAMPLE = "backmath report"


def report(
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="The file to write, WORKSPACE/report.html if left out."),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Write one HTML page: the funnel, quality, cost, distributions and examples.

    The page holds all it needs, asks for nothing from the network, and says of every figure how it was computed. An
    older page is replaced.
    """
    console().print(data(f"The report is {written(workspace, output)}"), soft_wrap=True)


def written(workspace: Path, output: Path | None = None) -> Path:
    """Write the report, and return where it is."""
    from curation.report.page import write
    from curation.store import Store

    output = output or workspace / "report.html"
    write(Store(workspace), output, MEANING)
    return output
