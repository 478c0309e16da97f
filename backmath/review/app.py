"""The commands of `backmath review`."""

import typer

from backmath.review import adjudicate, agreement, pull, push, serve, status

app = typer.Typer(help="Have people decide in Argilla what is doubtful.", rich_markup_mode="markdown")
for command, example in (
    (serve.serve, serve.EXAMPLE),
    (push.push, push.EXAMPLE),
    (pull.pull, pull.EXAMPLE),
    (adjudicate.adjudicate, adjudicate.EXAMPLE),
    (status.status, status.EXAMPLE),
    (agreement.agreement, agreement.EXAMPLE),
):
    app.command(epilog=f"Example: {example}")(command)
