"""Run Argilla: bring its database up to date, make the accounts, and answer until stdin ends.

The first line of stdin is JSON (see `process.py`, which starts this). The folder it runs in holds the data.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from starlette.types import ASGIApp

DATABASE = Path("argilla.db")
HOST = "127.0.0.1"
FINISH_WITHIN_S = 5
"""Seconds that requests in flight are given at the end."""


def main() -> None:
    announcements, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed is log
    os.umask(0o077)
    wanted = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_stdin, daemon=True).start()
    configure(wanted)

    from argilla_embedded.app import app  # before all else of Argilla: it replaces what that would connect to

    prepare(wanted["accounts"])
    sys.exit(not answer(app, wanted, announcements))


def end_with_stdin() -> None:
    """End like on SIGTERM once nobody holds the other end of stdin."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def configure(wanted: dict[str, Any]) -> None:
    """What Argilla reads from the environment when it is imported."""
    os.environ |= {
        "ARGILLA_HOME_PATH": ".",
        "ARGILLA_DATABASE_URL": f"sqlite+aiosqlite:///{DATABASE}?check_same_thread=False",
        "ARGILLA_SEARCH_ENGINE": "embedded",
        "ARGILLA_AUTH_SECRET_KEY": wanted["secret_key"],
        "ARGILLA_CORS_ORIGINS": "[]",
    }


def prepare(accounts: list[dict[str, Any]]) -> None:
    """Bring the database up to date, and its users to what they are to be."""
    from argilla_embedded.accounts import make_accounts
    from argilla_embedded.migration import bring_up_to_date

    bring_up_to_date(DATABASE)
    asyncio.run(make_accounts(accounts))


def answer(app: "ASGIApp", wanted: dict[str, Any], announcements: TextIO) -> bool:
    """Answer requests until told to end; whether it came to answering at all."""
    import uvicorn

    from argilla_embedded.security import secured

    class Announced(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                print("answering", file=announcements, flush=True)

    server = Announced(
        uvicorn.Config(
            secured(app, wanted["origin"]),
            host=HOST,
            port=wanted["port"],
            server_header=False,
            proxy_headers=False,
            access_log=False,
            timeout_graceful_shutdown=FINISH_WITHIN_S,
        )
    )
    server.run()
    return bool(server.started)


if __name__ == "__main__":
    main()
