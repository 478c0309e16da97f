"""How far a dataset is, and what values its metadata has."""

from argilla_server.enums import MetadataPropertyType
from argilla_server.models import Record, Response
from argilla_server.search_engine.base import (
    FloatMetadataMetrics,
    IntegerMetadataMetrics,
    MetadataMetrics,
    TermsMetrics,
)
from sqlalchemy import Connection, column, func, select, true, union_all

from argilla_embedded.filters import metadata
from argilla_embedded.json_values import JsonValue, as_text
from argilla_embedded.schema import Schema

MAX_TERMS = 2**14
"""Terms that are counted one by one, the commonest first; as many as Elasticsearch gives Argilla."""


def progress(connection: Connection, schema: Schema) -> dict[str, int]:
    """How many records there are, and how many of each status."""
    query = (
        select(as_text(Record.status), func.count())
        .where(Record.dataset_id == schema.dataset_id)
        .group_by(Record.status)
    )
    return _with_total(dict(connection.execute(query).all()))


def user_progress(connection: Connection, schema: Schema, user_id: object) -> dict[str, int]:
    """How many responses a user has given, and how many of each status."""
    query = (
        select(as_text(Response.status), func.count())
        .join(Record, Record.id == Response.record_id)
        .where(Record.dataset_id == schema.dataset_id, Response.user_id == user_id)
        .group_by(Response.status)
    )
    return _with_total(dict(connection.execute(query).all()))


def metadata_metrics(connection: Connection, schema: Schema, name: str) -> MetadataMetrics:
    """The terms of a metadata property, with how many records have each; or its least and its greatest number."""
    kind, value = metadata(schema, name)
    if schema.metadata[name] is MetadataPropertyType.terms:
        return _terms(connection, schema, value)
    stored = kind.stored(value.value)
    least, greatest = connection.execute(
        select(func.min(stored), func.max(stored)).where(Record.dataset_id == schema.dataset_id)
    ).one()
    whole = schema.metadata[name] is MetadataPropertyType.integer
    return (IntegerMetadataMetrics if whole else FloatMetadataMetrics)(min=least, max=greatest)


def _terms(connection: Connection, schema: Schema, value: JsonValue) -> TermsMetrics:
    assert value.type is not None  # terms may be lists
    in_dataset = Record.dataset_id == schema.dataset_id
    element = func.json_each(value.value).table_valued(column("value")).alias()
    alone = select(Record.id, as_text(value.value).label("term")).where(
        in_dataset, value.type.not_in(("array", "null"))
    )
    listed = select(Record.id, as_text(element.c.value)).distinct().join_from(Record, element, true())
    terms = union_all(alone, listed.where(in_dataset, value.type == "array")).subquery()
    count = func.count().label("count")
    query = select(terms.c.term, count).group_by(terms.c.term).order_by(count.desc(), terms.c.term)
    counts = connection.execute(query).all()
    values = [TermsMetrics.TermCount(term=term, count=number) for term, number in counts[:MAX_TERMS]]
    return TermsMetrics(total=sum(number for _, number in counts), values=values)


def _with_total(counts: dict[str, int]) -> dict[str, int]:
    return {"total": sum(counts.values()), **counts}
