"""`backmath llm serve`: a local model behind an OpenAI-compatible address, for work without a key."""

import os
from pathlib import Path
from typing import Annotated

import typer

from backmath.command_line import typed
from backmath.config import Debug
from backmath.errors import CommandError
from backmath.signals import asking_to_stop
from backmath.terminal import console, data

app = typer.Typer(help="Serve a local language model.", rich_markup_mode="markdown")

SERVE_EXAMPLE = "backmath llm serve model.gguf --slots 2"


@app.command(epilog=f"Example: {SERVE_EXAMPLE}")
def serve(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The model's weights, in llama.cpp's format: a .gguf file.")
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Port of 127.0.0.1 to listen on; 0 takes a free one.")
    ] = 8080,
    slots: Annotated[
        int, typer.Option(min=1, max=256, metavar="N", help="How many requests are answered at the same time.")
    ] = 4,
    context: Annotated[
        int, typer.Option(min=256, metavar="TOKENS", help="The longest prompt and answer together, for each of them.")
    ] = 4096,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Threads to compute with; left out, one a core.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model's name; left out, the file's without its suffix.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Serve a GGUF file as an OpenAI-compatible server on this machine, until Ctrl-C.

    Needs the extra `local`. --debug shows the server's log, too.
    """
    from generation.llm.local_server import LocalModel, LocalServerError, local_server

    model = LocalModel(
        file=file,
        name=name or file.stem,
        port=port,
        slots=slots,
        context=context,
        threads=threads or os.cpu_count() or 1,
    )
    out = console()
    try:
        with local_server(model, show_log=debug) as server, asking_to_stop(server.stop):
            if url := server.ready():
                out.print(data(f"{model.name} answers at {url} until Ctrl-C. Next:"), soft_wrap=True)
                line = typed("generate", formula="formalize", model=model.name, base_url=url, concurrency=slots)
                out.print(data(line), soft_wrap=True)
                server.wait()
    except LocalServerError as error:
        raise CommandError(str(error)) from error
    out.print("Stopped.")
