"""What a server that died had still to do, found out when it starts again."""

from uuid import UUID

from argilla_server.contexts import distribution
from argilla_server.enums import RecordStatus, ResponseStatus
from argilla_server.models import Dataset, Record, Response
from argilla_server.search_engine.base import SearchEngine
from rq import Retry
from rq.decorators import job
from sqlalchemy import Connection, case, func, select

from argilla_embedded import index
from argilla_embedded.database import reading, writing
from argilla_embedded.engine import NAME
from argilla_embedded.json_values import as_text
from argilla_embedded.queues import DEFAULT_QUEUE

INDEXES = (
    "CREATE INDEX IF NOT EXISTS embedded_records_1 ON records (dataset_id, status, id, metadata)",
    "CREATE INDEX IF NOT EXISTS embedded_responses_1 ON responses (user_id, record_id, status)",
)
"""Over Argilla's tables: a queue is found, filtered and sorted in these alone, without a look at the records' text."""


async def recover() -> None:
    """Bring the text index up to date, and queue a job for the records whose status is not right."""
    await writing(prepare)
    if wrong := await reading(records_with_wrong_status):
        update_records_status_job.delay(wrong)


def prepare(connection: Connection) -> None:
    """Make what the engine needs in the database: indexes of Argilla's tables, and the text index."""
    for statement in INDEXES:
        connection.exec_driver_sql(statement)
    index.derive(connection)


def records_with_wrong_status(connection: Connection) -> list[UUID]:
    """The records whose status is not what the number of submitted responses says."""
    submitted = (
        select(func.count())
        .select_from(Response)
        .where(Response.record_id == Record.id, Response.status == ResponseStatus.submitted)
        .correlate(Record)
        .scalar_subquery()
    )
    enough = submitted >= Dataset.distribution["min_submitted"].as_integer()
    right = case((enough, RecordStatus.completed.value), else_=RecordStatus.pending.value)
    records = select(Record.id).join(Dataset, Dataset.id == Record.dataset_id)
    return list(connection.scalars(records.where(as_text(Record.status) != right)))


@job(DEFAULT_QUEUE, retry=Retry(max=3))
async def update_records_status_job(record_ids: list[UUID]) -> None:
    """Have Argilla set the status of these records, and tell its webhooks, as it would have done."""
    async with SearchEngine.get_by_name(NAME) as engine:
        for record_id in record_ids:
            await distribution.update_record_status(engine, record_id)
