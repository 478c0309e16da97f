"""Who may log in: one owner, annotators and adjudicators, with secrets that are made here."""

import re
from collections import Counter
from collections.abc import Sequence

from curation.errors import CredentialsError
from curation.review.names import WORKSPACES
from curation.review.server.credentials import Account, Credentials, generated

OWNER = "owner"
ANNOTATORS = ("annotator-1", "annotator-2")
ADJUDICATORS = ("adjudicator-1",)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def settle(known: Credentials | None, url: str, annotators: Sequence[str], adjudicators: Sequence[str]) -> Credentials:
    """The accounts there are to be: all that are known, and one for each new name.

    At the first start, no name means `ANNOTATORS` or `ADJUDICATORS`. Raises CredentialsError for a name that cannot be
    one, or that is to be two things: an adjudicator's word ends what annotators disagree about, so it is not theirs.
    """
    if known is None:
        annotators, adjudicators = annotators or ANNOTATORS, adjudicators or ADJUDICATORS
    credentials = Credentials(
        url=url,
        owner=known.owner if known else generated(OWNER),
        annotators=_with(known.annotators if known else (), annotators),
        adjudicators=_with(known.adjudicators if known else (), adjudicators),
    )
    names = Counter(account.username for account in credentials.accounts())
    for name, times in names.items():
        if not _NAME.fullmatch(name):
            raise CredentialsError(
                f"{name!r} cannot be a user's name: letters, digits and . _ @ - only, 64 at most; nothing was changed"
            )
        if times > 1:
            raise CredentialsError(f"{name!r} cannot be two users of Argilla; nothing was changed: give another name")
    return credentials


def _with(known: tuple[Account, ...], names: Sequence[str]) -> tuple[Account, ...]:
    """What is known, and an account for each name that is not."""
    there = {account.username for account in known}
    return known + tuple(generated(name) for name in dict.fromkeys(names) if name not in there)


def in_argilla(credentials: Credentials) -> list[dict[str, object]]:
    """The accounts as Argilla's side makes them (see site/argilla_embedded/accounts.py)."""
    every = (
        ("owner", tuple(WORKSPACES.values()), (credentials.owner,)),
        ("annotator", (WORKSPACES["review"],), credentials.annotators),
        ("annotator", (WORKSPACES["adjudication"],), credentials.adjudicators),
    )
    return [
        account.model_dump() | {"role": role, "workspaces": workspaces}
        for role, workspaces, accounts in every
        for account in accounts
    ]
