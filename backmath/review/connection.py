"""Which Argilla the commands talk to: one that is named, else the one that `backmath review serve` runs."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backmath.command_line import within
from backmath.errors import CommandError

if TYPE_CHECKING:
    from curation.review.argilla import Argilla

KEY_VARIABLE = "ARGILLA_API_KEY"

ArgillaUrl = Annotated[
    str | None,
    typer.Option(
        "--argilla-url",
        envvar="ARGILLA_API_URL",
        metavar="URL",
        help="Argilla's address; left out, that of `backmath review serve`. An owner's key comes from ARGILLA_API_KEY.",
    ),
]


def connected(workspace: Path, url: str | None) -> "Argilla":
    """A connection to the Argilla at `url`, or to the workspace's own where it is None.

    Raises CommandError where no address or no key is known, and what `connect` raises.
    """
    from curation.review.argilla import connect
    from curation.review.server.credentials import read

    own = read(workspace)
    if url is None and own is None:
        raise CommandError(
            f"no Argilla is known in {workspace}; nothing was done. "
            f"Next: {within('backmath review serve', workspace)}, or give --argilla-url"
        )
    is_own = own is not None and url in (None, own.url)
    key = os.environ.get(KEY_VARIABLE) if url is not None else None
    if key is None and own is not None and is_own:
        key = own.owner.api_key
    if not key:
        raise CommandError(f"Argilla at {url} asks for a key; nothing was done. Next: set {KEY_VARIABLE} to an owner's")
    return connect(url or (own.url if own else ""), key)
