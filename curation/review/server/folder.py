"""What the Argilla of a workspace keeps: its database, its secrets and its log, in a folder for its owner only."""

import os
import secrets
from pathlib import Path

LOG_NAME = "server.log"
DATABASE_NAME = "argilla.db"
SECRET_NAME = "secret.key"

_SECRET_LENGTH = 64


def folder(workspace: Path) -> Path:
    """The folder, whether it is there or not."""
    return workspace / "argilla"


def make(workspace: Path) -> Path:
    """The folder, made where it is missing."""
    made = folder(workspace)
    made.mkdir(parents=True, exist_ok=True)
    made.chmod(0o700)
    return made


def secret_key(workspace: Path) -> str:
    """The key that Argilla signs its tokens with, kept so that who is logged in stays so over a restart.

    One that is missing or cut short is replaced: everyone logs in again.
    """
    file = folder(workspace) / SECRET_NAME
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as opened:
        os.fchmod(opened.fileno(), 0o600)
        key = opened.read().strip()
        if len(key) < _SECRET_LENGTH:
            key = secrets.token_urlsafe(_SECRET_LENGTH)
            opened.seek(0)
            opened.truncate()
            opened.write(key)
    return key
