"""What a dataset's fields, metadata and questions are, by name: what can be searched, filtered and sorted, and how.

Read anew for each request: callers hand over datasets of which they have loaded only what they need themselves.
"""

from dataclasses import dataclass
from uuid import UUID

from argilla_server.enums import FieldType, MetadataPropertyType, QuestionType
from argilla_server.models import Field, MetadataProperty, Question
from sqlalchemy import Connection, select


@dataclass(frozen=True)
class TextField:
    """A field that can be searched, and its column of the text index."""

    name: str
    type: FieldType
    column: str


@dataclass(frozen=True)
class Schema:
    """A dataset's searchable fields, metadata properties and questions, by name."""

    dataset_id: UUID
    fields: dict[str, TextField]
    metadata: dict[str, MetadataPropertyType]
    questions: dict[str, tuple[UUID, QuestionType]]


def text_fields(connection: Connection, dataset_id: UUID) -> list[TextField]:
    """The fields of a dataset that hold text: all but images."""
    rows = connection.execute(select(Field.id, Field.name, Field.settings).where(Field.dataset_id == dataset_id))
    return [
        TextField(name, FieldType(settings["type"]), f"field_{id.hex}")
        for id, name, settings in rows
        if settings["type"] != FieldType.image
    ]


def schema(connection: Connection, dataset_id: UUID) -> Schema:
    """The schema of a dataset as it is now."""
    metadata = connection.execute(
        select(MetadataProperty.name, MetadataProperty.settings).where(MetadataProperty.dataset_id == dataset_id)
    )
    questions = connection.execute(
        select(Question.name, Question.id, Question.settings).where(Question.dataset_id == dataset_id)
    )
    return Schema(
        dataset_id,
        {field.name: field for field in text_fields(connection, dataset_id)},
        {name: MetadataPropertyType(settings["type"]) for name, settings in metadata},
        {name: (id, QuestionType(settings["type"])) for name, id, settings in questions},
    )
