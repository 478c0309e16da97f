"""The `backmath` command: its groups, and how each of them ends.

Exit codes: 0 done, 1 failed or stopped, 2 wrong use. A failure is one line on stderr; `--debug` adds the traceback.
"""

import io
import sys
import traceback
from collections.abc import Sequence

import typer

from backmath import candidates, evaluate, generate, ingest, llm, quickstart, report, rollout, status, triage
from backmath.errors import explain
from backmath.release.app import app as release
from backmath.review.app import app as review
from backmath.terminal import print_error
from backmath.train.app import app as train

app = typer.Typer(
    help="Make backward math problems from forward ones, prove them exactly, and show what is doubtful.",
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for command, example in (
    (quickstart.quickstart, quickstart.EXAMPLE),
    (ingest.ingest, ingest.EXAMPLE),
    (generate.generate, generate.EXAMPLE),
    (rollout.rollout, rollout.EXAMPLE),
    (triage.triage, triage.EXAMPLE),
    (status.status, status.EXAMPLE),
    (evaluate.evaluate, evaluate.EXAMPLE),
    (report.report, report.EXAMPLE),
):
    app.command(epilog=f"Example: {example}")(command)
app.add_typer(candidates.app, name="candidates")
app.add_typer(llm.app, name="llm")
app.add_typer(review, name="review")
app.add_typer(release, name="release")
app.add_typer(train, name="train")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (`sys.argv` where none is given) and return its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an ASCII terminal gets `\u2713`, and no error
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(arguments or ["--help"], prog_name="backmath", standalone_mode=False)
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        line, code = explain(error)
        print_error(line)
    return code or 0
