"""The options that every `backmath train` command has besides its configuration."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Model to begin with: a folder, a GGUF file, a hub name, or `tiny`; left out, the newest model of `train "
        "sft` by the same recipe, else the recipe's.",
    ),
]
Release = Annotated[str | None, typer.Option(metavar="VERSION", help="Release to train on, the newest if left out.")]
Recipe = Annotated[str | None, typer.Option(metavar="NAME", help="Defaults for a size: tiny, 135m, 1.5b or 7b.")]
Config = Annotated[
    Path | None, typer.Option(metavar="FILE", help="TOML file with a table for the stage, over the recipe.")
]
Name = Annotated[
    str | None, typer.Option("--run", metavar="NAME", help="Name of the run, the next free one if left out.")
]
Resume = Annotated[str | None, typer.Option(metavar="RUN", help="Go on with this run from its last checkpoint.")]
Prm = Annotated[
    str | None,
    typer.Option(metavar="MODEL", help="PRM for forward rows, the newest of the recipe if left out; `none` for none."),
]
BackPrm = Annotated[
    str | None,
    typer.Option(
        "--backprm",
        metavar="MODEL",
        help="BackPRM for backward and pose rows, the newest of the recipe if left out; `none` for none.",
    ),
]
