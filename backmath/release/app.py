"""The commands of `backmath release`."""

import typer

from backmath.release import create, diff, list_, publish, show

app = typer.Typer(help="Make, compare and publish versioned datasets.", rich_markup_mode="markdown")
for name, command, example in (
    ("create", create.create, create.EXAMPLE),
    ("list", list_.list_, list_.EXAMPLE),
    ("show", show.show, show.EXAMPLE),
    ("diff", diff.diff, diff.EXAMPLE),
    ("publish", publish.publish, publish.EXAMPLE),
):
    app.command(name, epilog=f"Example: {example}")(command)
