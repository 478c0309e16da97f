"""`backmath review serve`: Argilla on this machine, for as long as the command runs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.errors import CommandError
from backmath.progress import Bar
from backmath.review.push import send_rows
from backmath.signals import asking_to_stop
from backmath.terminal import console, data

if TYPE_CHECKING:
    from curation.review.server.credentials import Credentials

EXAMPLE = "backmath review serve --annotator ann --annotator bob"

PORT = 6900
"""Argilla's own."""


def serve(
    annotator: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Someone who reviews; may be given again. At first: annotator-1 and -2."),
    ] = None,
    adjudicator: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Someone who decides where reviews differ; at first: adjudicator-1."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Port of 127.0.0.1 to listen on; 0 takes a free one.")
    ] = PORT,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where a proxy of yours shows it to browsers: https://review.example.org"),
    ] = None,
    push: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Put so many rows before people once it answers, as `review push` does."),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Run Argilla on this machine, on 127.0.0.1 only, until Ctrl-C. No Docker, no other service, no root.

    The first time makes its environment and the accounts; names that are new later are added. Needs the network once.
    """
    from curation.problems import count_problems
    from curation.review.argilla import connect
    from curation.review.server import accounts, credentials, folder
    from curation.review.server.process import HOST, argilla_server, free_port
    from curation.store import Store

    origin = _origin(public_url)
    store = Store(workspace)
    if push is not None:
        count_problems(store)  # says so where there is no store
    with store.running("review serve"):
        known = credentials.read(workspace)
        port = free_port(port)
        everyone = accounts.settle(known, f"http://{HOST}:{port}", annotator or (), adjudicator or ())
        out = console()
        python = _environment(out, debug)
        data_folder = folder.make(workspace)
        credentials.write(workspace, everyone)
        with (
            argilla_server(
                python,
                data_folder,
                port,
                secret_key=folder.secret_key(workspace),
                accounts=accounts.in_argilla(everyone),
                origin=origin,
            ) as server,
            asking_to_stop(server.stop),
        ):
            if server.ready():
                _print_way_in(out, origin or server.url, everyone, known, workspace)
                if push is None:
                    out.print("Next, in another terminal:")
                    out.print(data(within("backmath review push", workspace)), soft_wrap=True)
                else:
                    owner = connect(server.url, everyone.owner.api_key)
                    send_rows(out, store, owner, lambda: server.stopping, push)
                server.wait()
    out.print("Stopped.")


def _origin(public_url: str | None) -> str | None:
    """The address of a proxy as browsers name it: scheme, host and port."""
    from urllib.parse import urlsplit

    if public_url is None:
        return None
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise typer.BadParameter(f"--public-url {public_url!r} is not like https://review.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def _environment(out: Console, debug: bool) -> Path:
    """The Python of the server, made with a bar on a terminal where it is missing."""
    from curation.review.server import environment

    if environment.is_made():
        return environment.ensure_environment()
    where = environment.environment()
    out.print(data(f"Installing Argilla's server into {where}: once, about a minute"), soft_wrap=True)
    try:
        with Bar("Installing", environment.packages(), dict, lambda: False) as bar:
            return environment.ensure_environment(bar.advance, show_output=debug)
    except KeyboardInterrupt:
        raise CommandError("stopped while installing; nothing is left of it. Next: the same command again") from None


def _print_way_in(
    out: Console, url: str, everyone: "Credentials", known: "Credentials | None", workspace: Path
) -> None:
    """Where to log in and as whom; passwords on a terminal only, and each only once."""
    from curation.review.server import credentials

    old = {account.username for account in known.accounts()} if known else set[str]()
    out.print(data(f"Argilla answers at {url} until Ctrl-C", "bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    for role, people in (
        ("owner", (everyone.owner,)),
        ("annotator", everyone.annotators),
        ("adjudicator", everyone.adjudicators),
    ):
        for account in people:
            password = account.password if sys.stdout.isatty() and account.username not in old else ""
            table.add_row(f"  {role}", data(account.username, "cyan"), data(password, "bold"))
    out.print(table)
    out.print(data(f"Their passwords are in {credentials.path(workspace)}, which only you can read."), soft_wrap=True)
