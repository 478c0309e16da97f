"""The commands of `backmath review`."""

import typer

app = typer.Typer(help="Have people decide in Argilla what is doubtful.", rich_markup_mode="markdown")
