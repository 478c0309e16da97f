"""What a server that died had still to do, found out when it starts again."""

from uuid import UUID

from argilla_server.enums import RecordStatus, ResponseStatus
from argilla_server.jobs.dataset_jobs import update_dataset_records_status_job
from argilla_server.models import Dataset, Record, Response
from sqlalchemy import Connection, case, func, select

from argilla_embedded import index
from argilla_embedded.database import reading, writing
from argilla_embedded.json_values import as_text

INDEXES = (
    "CREATE INDEX IF NOT EXISTS embedded_records_1 ON records (dataset_id, status, id, metadata)",
    "CREATE INDEX IF NOT EXISTS embedded_responses_1 ON responses (user_id, record_id, status)",
)
"""Over Argilla's tables: a queue is found, filtered and sorted in these alone, without a look at the records' text."""


async def recover() -> None:
    """Bring the text index up to date, and queue the jobs that set the records' statuses, where some are not right."""
    await writing(prepare)
    for dataset_id in await reading(datasets_with_wrong_statuses):
        update_dataset_records_status_job.delay(dataset_id)


def prepare(connection: Connection) -> None:
    """Make what the engine needs in the database: indexes of Argilla's tables, and the text index."""
    for statement in INDEXES:
        connection.exec_driver_sql(statement)
    index.derive(connection)


def datasets_with_wrong_statuses(connection: Connection) -> list[UUID]:
    """The datasets with records whose status is not what the number of submitted responses says."""
    submitted = (
        select(func.count())
        .select_from(Response)
        .where(Response.record_id == Record.id, Response.status == ResponseStatus.submitted)
        .correlate(Record)
        .scalar_subquery()
    )
    enough = submitted >= Dataset.distribution["min_submitted"].as_integer()
    right = case((enough, RecordStatus.completed.value), else_=RecordStatus.pending.value)
    wrong = select(Record.dataset_id).distinct().join(Dataset, Dataset.id == Record.dataset_id)
    return list(connection.scalars(wrong.where(as_text(Record.status) != right)))
