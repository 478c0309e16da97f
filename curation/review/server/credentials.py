"""The accounts of the Argilla that `backmath review serve` runs, in a file that only its owner can read."""

import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, ValidationError

from curation.errors import CredentialsError
from curation.review.server.folder import folder
from schemas.model import Model

FILE_NAME = "credentials.json"

_LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks like something else: i, l, o, 0, 1."""


class Account(Model):
    """One user of Argilla; the secrets are no part of its repr."""

    username: str
    password: str = Field(repr=False)
    api_key: str = Field(repr=False)


class Credentials(Model):
    """All users, and the address at which this machine reaches Argilla."""

    url: str
    owner: Account
    annotators: tuple[Account, ...]
    adjudicators: tuple[Account, ...]

    def accounts(self) -> Iterator[Account]:
        """Everyone's, the owner's first."""
        yield self.owner
        yield from self.annotators
        yield from self.adjudicators


def path(workspace: Path) -> Path:
    """Where the file of a workspace is."""
    return folder(workspace) / FILE_NAME


def read(workspace: Path) -> Credentials | None:
    """The credentials of the workspace's Argilla, None where none was ever started there.

    Raises CredentialsError where others may read the file, or it is not as it was written.
    """
    file = path(workspace)
    try:
        with file.open(encoding="utf-8") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            if mode & 0o077:
                raise CredentialsError(
                    f"others may read {file} (mode {mode:03o}), which holds passwords; it was not used. Next: "
                    f"chmod 600 {file}, or delete it: `backmath review serve` then gives everyone new ones"
                )
            return Credentials.model_validate_json(opened.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CredentialsError(f"{file} cannot be read: {error.strerror}") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise CredentialsError(
            f"{file} is damaged; the reviews are not touched by that. Next: put a copy back, or delete it: "
            "`backmath review serve` then gives everyone new passwords"
        ) from error


def write(workspace: Path, credentials: Credentials) -> None:
    """Write the file, readable for its owner only; a kill leaves the old one or the new one."""
    file = path(workspace)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(credentials.model_dump_json(indent=2) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    new.rename(file)


def generated(username: str) -> Account:
    """An account with a password of 99 random bits that can be read out and typed, and a key of 512."""
    groups = ("".join(secrets.choice(_LEGIBLE) for _ in range(4)) for _ in range(5))
    return Account(username=username, password="-".join(groups), api_key=secrets.token_urlsafe(64))
