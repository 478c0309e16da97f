"""`backmath release create`: an immutable version from what is accepted now."""

import threading
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.errors import CommandError
from backmath.progress import Bar
from backmath.release.pages import print_release
from backmath.signals import asking_to_stop
from backmath.terminal import console, data, print_json

EXAMPLE = "backmath release create --version 2.0.0"


def create(
    version: Annotated[
        str | None,
        typer.Option(metavar="X.Y.Z", help="Its number; left out, the next one: major where rows went out."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="An evaluation set that nothing may overlap with; may be given again."),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="A source to leave out, such as one whose licence forbids it."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The policy whose demanded precision has to be met.")
    ] = None,
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Build a release: deduplicated, decontaminated, split by problem, with a card and a manifest.

    The same decisions give the same bytes. What is left out is listed with its reason. Refused where a licence forbids
    it, where a problem would be on two sides, or where audits do not show the precision that the policy demands.
    """
    from curation.policy import load
    from curation.problems import count_problems
    from curation.releases.build import build
    from curation.store import Store
    from schemas.release import Version

    try:
        wanted = Version.read(version) if version is not None else None
    except ValueError as error:
        raise CommandError(f"{error}; nothing was made") from error
    store = Store(workspace)
    count_problems(store)
    stop = threading.Event()
    with (
        store.running("release create"),
        asking_to_stop(stop.set),
        Bar("Building", None, Counter, stop.is_set) as bar,
    ):
        made = build(
            store,
            wanted,
            against=against or (),
            leave_out=leave_out or (),
            policy=load(policy),
            advance=bar.advance,
            stopping=stop.is_set,
        )
    if made is None:
        raise CommandError("stopped; nothing is left of it. Next: the same command again")
    if json:
        print_json(made.model_dump(mode="json"))
        return
    out = console()
    print_release(out, made)
    where = store.folder / "releases" / made.version
    out.print(data(f'\nIn {where}: load_dataset({str(where)!r}, "backward")'), soft_wrap=True)
    out.print(data(f"Next: {within('backmath release publish --to PLACE', workspace)}"), soft_wrap=True)
