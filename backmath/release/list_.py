"""`backmath release list`: the versions that there are."""

from rich.table import Table

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.terminal import console, data, print_json

EXAMPLE = "backmath release list"


def list_(json: Json = False, workspace: Workspace = DEFAULT_WORKSPACE, debug: Debug = False) -> None:
    """List the releases of the workspace, oldest first."""
    from curation.releases.shelf import manifests
    from curation.store import Store

    with Store(workspace).connect(read_only=True) as connection:
        known = manifests(connection)
    if json:
        print_json([each.model_dump(mode="json") for each in known])
        return
    out = console()
    if not known:
        out.print("There is no release yet.")
        out.print(data(f"Next: {within('backmath release create', workspace)}"), soft_wrap=True)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("version")
    for name in ("problems", "backward", "labelled steps", "left out"):
        table.add_column(name, justify="right")
    for each in known:
        problems = sum(share.problems for share in each.sources)
        candidates = sum(share.candidates for share in each.sources)
        left_out = sum(row.candidates for row in each.left_out)
        counts = (f"{count:,}" for count in (problems, candidates, each.labelled_steps, left_out))
        table.add_row(each.version, *counts)
    out.print(table)
    out.print(data(f"Next: {within(f'backmath release show {known[-1].version}', workspace)}"), soft_wrap=True)
