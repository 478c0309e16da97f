"""Argilla's database at the schema of the installed version."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from argilla_server.database import ALEMBIC_CONFIG_FILE


def bring_up_to_date(database: Path) -> None:
    """Make the database, or migrate it, beside its place: a kill amid the steps leaves the old one as it was."""
    if revision(database) == ScriptDirectory.from_config(Config(ALEMBIC_CONFIG_FILE)).get_current_head():
        return
    new = database.with_suffix(".new")
    new.unlink(missing_ok=True)
    if database.exists():
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(new)) as target:
            source.backup(target)
    # A process of its own: Argilla's engine is bound to the address that it was imported with, and Alembic to a loop.
    subprocess.run(
        [sys.executable, "-P", "-m", "argilla_server", "database", "migrate"],
        env=os.environ | {"ARGILLA_DATABASE_URL": f"sqlite+aiosqlite:///{new}"},
        stdout=sys.stderr,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    new.replace(database)


def revision(database: Path) -> str | None:
    """The database's schema, None where there is none."""
    if not database.exists():
        return None
    with closing(sqlite3.connect(database)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return str(found[0]) if found else None
