"""Webhooks that do not hold the server up: Argilla's own job posts from within the event loop."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from argilla_server.database import AsyncSessionLocal
from argilla_server.jobs import webhook_jobs
from argilla_server.models import Webhook
from argilla_server.webhooks.v1.commons import notify_event
from rq import Retry
from rq.decorators import job

from argilla_embedded.queues import HIGH_QUEUE


@job(HIGH_QUEUE, retry=Retry(max=3, interval=[10, 60, 180]))
async def notify_event_job(webhook_id: UUID, event: str, timestamp: datetime, data: dict[str, Any]) -> None:
    """Post an event to a webhook from a thread. Raises where it does not answer with success, and is tried again."""
    async with AsyncSessionLocal() as db:
        webhook = await Webhook.get_or_raise(db, webhook_id)
    response = await asyncio.to_thread(notify_event, webhook, event, timestamp, data)
    response.raise_for_status()


webhook_jobs.notify_event_job = notify_event_job
