"""`backmath release show`: one version, or one row of it back to where it came from."""

from typing import Annotated, Literal

import typer

from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.release.pages import print_omissions, print_release
from backmath.terminal import console, data, print_json

EXAMPLE = "backmath release show"

VersionArgument = Annotated[
    str | None, typer.Argument(metavar="[VERSION]", help="Which one; left out, the newest.", show_default=False)
]


LeftOutKind = Literal["all", "contaminated", "duplicate", "source"]


def show(
    version: VersionArgument = None,
    row: Annotated[
        str | None,
        typer.Option(metavar="ID", help="A candidate or problem of it: its source line, calls, checks and reviews."),
    ] = None,
    left_out: Annotated[
        LeftOutKind | None,
        typer.Option(help="List what was left out for this kind of reason, each beside what it is like."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many of them at most.")] = 20,
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Show a release, what it left out and why, or one published row back to its source line, calls and reviews."""
    from backmath.candidate_page import print_candidate
    from curation.listing import show as find
    from curation.releases.lineage import placed
    from curation.releases.omissions import omissions
    from curation.releases.shelf import damage, manifest
    from curation.store import Store

    store = Store(workspace)
    with store.connect(read_only=True) as connection:
        found = manifest(connection, version)
        kind = "" if left_out == "all" else left_out
        omitted = omissions(connection, found.version, kind, limit) if kind is not None else None
        places = placed(connection, found.version, row) if row is not None else ()
    if wrong := damage(store, found):
        typer.echo(f"{wrong}; what follows is from the store", err=True)
    out = console()
    if omitted is not None:
        if json:
            print_json([each.model_dump(mode="json") for each in omitted[1]])
        else:
            print_omissions(out, found.version, *omitted)
        return
    if row is None:
        if json:
            print_json(found.model_dump(mode="json"))
        else:
            print_release(out, found)
        return
    shown = [find(store, place.candidate_id) for place in places]
    if json:
        print_json(
            [
                place.model_dump(mode="json") | each.model_dump(mode="json")
                for place, each in zip(places, shown, strict=True)
            ]
        )
        return
    for place, each in zip(places, shown, strict=True):
        where = f"in {place.split}" if place.split else f"left out: {place.reason}"
        out.print(data(f"Release {found.version}, {where}", "bold cyan"))
        print_candidate(out, each)
        out.print()
