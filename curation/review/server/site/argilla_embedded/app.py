"""The server as uvicorn runs it: `uvicorn argilla_embedded.app:app`.

Argilla's own app, with search and jobs inside its process. The order of the imports matters: Argilla makes its queues
and looks for its search engine while it is imported.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

os.environ["ARGILLA_SEARCH_ENGINE"] = "embedded"
os.environ.setdefault("ARGILLA_DATABASE_SQLITE_TIMEOUT", "30")  # seconds; many people write at once

from argilla_embedded import queues

sys.modules["argilla_server.jobs.queues"] = queues

from argilla_server import app  # noqa: E402

from argilla_embedded import engine, memberships, parsed_settings, webhooks  # noqa: E402, F401
from argilla_embedded.recovery import recover  # noqa: E402

argilla_lifespan = app.router.lifespan_context


@asynccontextmanager
async def lifespan(application: object) -> AsyncIterator[None]:
    """Argilla's own start and stop, with recovery before and an end of the jobs behind."""
    await recover()
    async with argilla_lifespan(application):
        yield
    for queue in (queues.HIGH_QUEUE, queues.DEFAULT_QUEUE):
        await queue.stop()


app.router.lifespan_context = lifespan

__all__ = ["app"]
