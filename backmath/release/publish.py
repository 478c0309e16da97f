"""`backmath release publish`: a version, copied to where others find it."""

import threading
from collections import Counter
from typing import Annotated

import typer

from backmath.command_line import typed
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.progress import Bar
from backmath.release.show import VersionArgument
from backmath.signals import asking_to_stop
from backmath.terminal import console, data
from backmath.work import stopped

EXAMPLE = "backmath release publish --to published"


def publish(
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="PLACE", help="A folder, or any place that fsspec knows: s3://..., hf://datasets/me/name."
        ),
    ],
    version: VersionArgument = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Copy a release to a folder, a bucket or the hub; cut short, the same command goes on.

    The files are held to the manifest first. Keys for a bucket or the hub come from their own settings (HF_TOKEN,
    AWS_PROFILE, ...).
    """
    from curation.releases.publishing import publish as copy
    from curation.releases.shelf import manifest
    from curation.store import Store

    store = Store(workspace)
    with store.connect(read_only=True) as connection:
        found = manifest(connection, version)
    stop = threading.Event()
    size = sum(file.size for file in found.files)
    with asking_to_stop(stop.set), Bar("Copying", size, Counter, stop.is_set) as bar:
        copied = copy(store, found, to, advance=bar.advance, stopping=stop.is_set)
    if stop.is_set():
        raise stopped(typed("release", "publish", found.version, to=to), workspace)
    console().print(data(f"Release {found.version} is at {to}: {copied:,} files copied."), soft_wrap=True)
