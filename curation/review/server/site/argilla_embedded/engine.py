"""Argilla's search engine, from Argilla's own SQLite database: `ARGILLA_SEARCH_ENGINE=embedded`.

It answers as the Elasticsearch engine does. Only text has an index of its own; all else is asked of Argilla's tables,
so the calls that keep Elasticsearch up to date with those have nothing to do here.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np
from argilla_server.enums import SimilarityOrder
from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import Dataset, MetadataProperty, Record, User, Vector, VectorSettings
from argilla_server.search_engine.base import (
    Filter,
    MetadataMetrics,
    Order,
    SearchEngine,
    SearchResponseItem,
    SearchResponses,
    TextQuery,
)
from sqlalchemy import Connection, Select, String, column, func, literal, literal_column, select, text, type_coerce

from argilla_embedded import index, metrics, orders
from argilla_embedded.analysis import tokens
from argilla_embedded.database import reading, writing
from argilla_embedded.filters import condition
from argilla_embedded.index import documents
from argilla_embedded.match import expression
from argilla_embedded.query import QueryError, parse
from argilla_embedded.schema import Schema, schema
from argilla_embedded.similarity import similarities

NAME = "embedded"


@SearchEngine.register(NAME)
class EmbeddedSearchEngine(SearchEngine):
    """The engine; it holds nothing, so there is one of it for each request, as Argilla makes them."""

    @classmethod
    async def new_instance(cls) -> "EmbeddedSearchEngine":
        return cls()

    async def close(self) -> None:
        """Nothing: the connections are the process's."""

    async def ping(self) -> bool:
        return await reading(lambda connection: connection.scalar(select(literal(1))) == 1)

    async def info(self) -> dict[str, Any]:
        version = await reading(lambda connection: connection.scalar(select(func.sqlite_version())))
        return {"name": NAME, "version": {"number": version, "distribution": "SQLite FTS5"}}

    async def create_index(self, dataset: Dataset) -> None:
        await writing(lambda connection: index.create(connection, dataset.id))

    async def delete_index(self, dataset: Dataset) -> None:
        await writing(lambda connection: index.drop(connection, dataset.id))

    async def index_records(self, dataset: Dataset, records: Iterable[Record]) -> None:
        ids = [record.id for record in records]
        await writing(lambda connection: index.put(connection, dataset.id, ids))

    async def delete_records(self, dataset: Dataset, records: Iterable[Record]) -> None:
        ids = [record.id for record in records]
        await writing(lambda connection: index.remove(connection, dataset.id, ids))

    async def _asked_of_the_tables(self, *_: Any, **__: Any) -> None:
        """Nothing to index: Argilla has written it where the engine looks."""

    configure_metadata_property = _asked_of_the_tables
    configure_index_vectors = _asked_of_the_tables
    partial_record_update = _asked_of_the_tables
    update_record_response = _asked_of_the_tables
    delete_record_response = _asked_of_the_tables
    update_record_suggestion = _asked_of_the_tables
    delete_record_suggestion = _asked_of_the_tables

    async def get_dataset_progress(self, dataset: Dataset) -> dict[str, int]:
        if dataset.is_draft:
            return {}
        return await reading(lambda connection: metrics.progress(connection, schema(connection, dataset.id)))

    async def get_dataset_user_progress(self, dataset: Dataset, user: User) -> dict[str, int]:
        if dataset.is_draft:
            return {}
        return await reading(
            lambda connection: metrics.user_progress(connection, schema(connection, dataset.id), user.id)
        )

    async def compute_metrics_for(self, metadata_property: MetadataProperty) -> MetadataMetrics:
        dataset_id, name = metadata_property.dataset_id, metadata_property.name
        return await reading(
            lambda connection: metrics.metadata_metrics(connection, schema(connection, dataset_id), name)
        )

    async def search(
        self,
        dataset: Dataset,
        query: TextQuery | str | None = None,
        filter: Filter | None = None,
        sort: list[Order] | None = None,
        offset: int = 0,
        limit: int = 100,
        user_id: UUID | str | None = None,
    ) -> SearchResponses:
        """A page of the records found, by the sort orders, else by score; `user_id` gives each user another order."""

        def read(connection: Connection) -> SearchResponses:
            known = schema(connection, dataset.id)
            keys = [orders.key(known, order).label(f"key_{place}") for place, order in enumerate(sort or [])]
            score = _score(query)
            if user_id is not None:
                score = score * orders.shuffled(user_id)
            columns = (Record.id, documents.c.docid, (literal(None) if sort else score).label("score"), *keys)
            found = _found(connection, known, query, filter, scored=not sort).add_columns(*columns)
            every = found.cte("every").prefix_with("MATERIALIZED")  # what is costly is worked out once a record
            by = [
                orders.directed(every.c[key.name], orders.is_descending(order))
                for key, order in zip(keys, sort or [], strict=True)
            ] or [every.c.score.desc()]
            total = select(func.count()).select_from(every)
            page = select(every.c.id, every.c.score, total.scalar_subquery())
            rows = connection.execute(page.order_by(*by, every.c.docid).offset(offset).limit(limit)).all()
            items = [_item(id, score) for id, score, _ in rows]
            if not rows and (offset or not limit):
                return SearchResponses(items=[], total=connection.scalar(total))
            return SearchResponses(items=items, total=rows[0][-1] if rows else 0)

        return await reading(read)

    async def similarity_search(
        self,
        dataset: Dataset,
        vector_settings: VectorSettings,
        value: list[float] | None = None,
        record: Record | None = None,
        query: TextQuery | str | None = None,
        filter: Filter | None = None,
        max_results: int = 100,
        order: SimilarityOrder = SimilarityOrder.most_similar,
        threshold: float | None = None,
    ) -> SearchResponses:
        """The records most, or least, like a vector or another record, by cosine; scores are (1 + cosine) / 2.

        Raises ValueError, as the other engines do, where there is not one of both to compare with.
        """
        if bool(value) == bool(record):
            raise ValueError("Must provide either vector value or record to compute the similarity search")
        wanted = value or (record and record.vector_value_by_vector_settings(vector_settings))
        if not wanted:
            raise ValueError("Cannot find a vector value to apply with provided info")
        if order == SimilarityOrder.least_similar:
            wanted = [-number for number in wanted]

        def read(connection: Connection) -> SearchResponses:
            found = _found(connection, schema(connection, dataset.id), query, filter)
            found = (
                found.add_columns(Record.id, type_coerce(Vector.value, String))
                .join(Vector, Vector.record_id == Record.id)
                .where(Vector.vector_settings_id == vector_settings.id)
            )
            if record is not None:
                found = found.where(Record.id != record.id)
            rows = connection.execute(found.order_by(documents.c.docid)).all()
            if not rows:
                return SearchResponses(items=[], total=0)
            scores = similarities(rows, wanted)
            best = np.argsort(-scores, kind="stable")[:max_results]
            items = [_item(rows[place][0], float(scores[place])) for place in best]
            kept = [item for item in items if threshold is None or item.score >= threshold]
            return SearchResponses(items=kept, total=len(items))

        return await reading(read)


def _found(
    connection: Connection, known: Schema, query: TextQuery | str | None, filter: Filter | None, scored: bool = False
) -> Select[Any]:
    """The records of a dataset that a query and a filter find, still without columns."""
    found = select().select_from(Record).join(documents, documents.c.record_id == Record.id)
    if query is not None:
        texts = _texts(connection, known, query, scored)
        found = found.join(texts, texts.c.rowid == documents.c.docid)
    found = found.where(Record.dataset_id == known.dataset_id)
    return found if filter is None else found.where(condition(known, filter))


def _texts(connection: Connection, known: Schema, query: TextQuery | str, scored: bool) -> Any:
    """The rows of the text index that a query finds, by themselves: SQLite would look for each record alone else."""
    name = index.text_table(known.dataset_id)
    score = f", -bm25({name}) AS score" if scored else ""
    found = text(f"SELECT rowid{score} FROM {name} WHERE {name} MATCH :match")
    found = found.bindparams(match=_match(connection, known, query))
    return found.columns(column("rowid"), column("score")).cte("texts").prefix_with("MATERIALIZED")


def _match(connection: Connection, known: Schema, query: TextQuery | str) -> str:
    """The query as an expression of the text index."""
    asked = query if isinstance(query, TextQuery) else TextQuery(q=query)
    fields = list(known.fields.values()) if asked.field is None else [known.fields.get(asked.field)]
    columns = [field.column for field in fields if field]
    try:
        tree = parse(asked.q, tokens)
    except QueryError as error:
        raise UnprocessableEntityError(str(error)) from None
    return expression(tree, columns, index.vocabulary(connection, known.dataset_id))


def _score(query: TextQuery | str | None) -> Any:
    """How well a record fits the query, by BM25; the more the better, as Elasticsearch has it, 1 without a query."""
    return literal(1.0) if query is None else literal_column("texts.score")


def _item(record_id: UUID, score: float | None) -> SearchResponseItem:
    return SearchResponseItem(record_id=record_id, score=score)
