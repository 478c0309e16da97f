"""Webhooks that do not hold the server up.

Argilla's own job posts from within the event loop; and for each record that is written Argilla reads the whole dataset
anew to tell of it, a third of the time that writing takes, even where nobody listens.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from argilla_server.bulk import records_bulk
from argilla_server.contexts import datasets, distribution, records
from argilla_server.contexts.webhooks import list_enabled_webhooks
from argilla_server.database import AsyncSessionLocal
from argilla_server.jobs import webhook_jobs
from argilla_server.models import Webhook
from argilla_server.webhooks.v1.commons import notify_event
from rq import Retry
from rq.decorators import job
from rq.job import Job
from sqlalchemy.ext.asyncio import AsyncSession

from argilla_embedded.queues import HIGH_QUEUE

Notify = Callable[[AsyncSession, Any, Any], Awaitable[list[Job]]]


@job(HIGH_QUEUE, retry=Retry(max=3, interval=[10, 60, 180]))
async def notify_event_job(webhook_id: UUID, event: str, timestamp: datetime, data: dict[str, Any]) -> None:
    """Post an event to a webhook from a thread. Raises where it does not answer with success, and is tried again."""
    async with AsyncSessionLocal() as db:
        webhook = await Webhook.get_or_raise(db, webhook_id)
    response = await asyncio.to_thread(notify_event, webhook, event, timestamp, data)
    response.raise_for_status()


webhook_jobs.notify_event_job = notify_event_job


def where_heard(notify: Notify) -> Notify:
    """The same, where there is a webhook to be told."""

    async def notify_the_listening(db: AsyncSession, event: Any, subject: Any) -> list[Job]:
        return await notify(db, event, subject) if await list_enabled_webhooks(db) else []

    return notify_the_listening


for module in (datasets, distribution, records, records_bulk):
    for name in ("notify_record_event_v1", "notify_response_event_v1"):
        if hasattr(module, name):
            setattr(module, name, where_heard(getattr(module, name)))
