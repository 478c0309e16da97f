"""The text index: one FTS5 table a dataset, with a column a field, in Argilla's own database.

It holds nothing that Argilla's tables do not: what is written is always read from the records in the same transaction,
so an index can be made anew at any time, and a late or repeated call does no harm. Metadata, answers, suggestions,
vectors and statuses are not in it; they are asked of Argilla's tables.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID
from zlib import crc32

from argilla_server.enums import DatasetStatus, FieldType
from argilla_server.models import Dataset, Record
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Uuid, delete, select, text, type_coerce
from sqlalchemy.dialects.sqlite import insert

from argilla_embedded.analysis import GAP, tokens
from argilla_embedded.match import ALL_COLUMN, EVERY_RECORD, Expand
from argilla_embedded.schema import TextField, text_fields

VERSION = 1
"""Of the tables and of the way text is taken apart: indexes of another version are made anew."""
EXPANSIONS = 10
"""Tokens of a column that a fuzzy word stands for at most, as Argilla asks of Elasticsearch."""
BATCH = 500

documents = Table(
    f"embedded_documents_{VERSION}",
    MetaData(),
    Column("docid", Integer, primary_key=True),  # stays, where the rowids of Argilla's tables may change
    Column("record_id", Uuid, nullable=False, unique=True),
    Column("dataset_id", Uuid, nullable=False, index=True),
    Column("checksum", Integer, nullable=False),
)
"""Which row of the text index is which record, and the checksum of the fields that it was made from."""

_SIGNS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum())
_TOKENIZE = "ascii tokenchars '" + _SIGNS.replace("'", "''") + "'"
"""Tokens are stored with a space between: FTS5 has nothing to take apart but those."""


def text_table(dataset_id: UUID) -> str:
    """The name of a dataset's text index; that of its vocabulary has `_tokens` behind it."""
    return f"embedded_text_{VERSION}_{dataset_id.hex}"


def create(connection: Connection, dataset_id: UUID) -> None:
    """Make the empty index of a dataset. Raises OperationalError where it has one."""
    name = text_table(dataset_id)
    columns = ", ".join([ALL_COLUMN, *(field.column for field in text_fields(connection, dataset_id))])
    tokenize = _TOKENIZE.replace('"', '""')
    connection.exec_driver_sql(f'CREATE VIRTUAL TABLE {name} USING fts5({columns}, tokenize = "{tokenize}")')
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {name}_tokens USING fts5vocab({name}, col)")


def drop(connection: Connection, dataset_id: UUID) -> None:
    """Remove the index of a dataset, where it has one."""
    connection.execute(delete(documents).where(documents.c.dataset_id == dataset_id))
    for name in (f"{text_table(dataset_id)}_tokens", text_table(dataset_id)):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


def put(connection: Connection, dataset_id: UUID, record_ids: Iterable[UUID]) -> None:
    """Bring the index of these records up to what the records say now; those that are gone are left out."""
    fields = text_fields(connection, dataset_id)
    columns = [ALL_COLUMN, *(field.column for field in fields)]
    values = ", ".join(f":{column}" for column in columns)
    insertion = text(
        f"INSERT OR REPLACE INTO {text_table(dataset_id)} (rowid, {', '.join(columns)}) VALUES (:docid, {values})"
    )
    for batch in _batches(record_ids):
        records = select(Record.id, type_coerce(Record.fields, String)).where(Record.dataset_id == dataset_id)
        written = dict(connection.execute(records.where(Record.id.in_(batch))).all())
        if not written:
            continue
        docids = _docids(connection, dataset_id, written)
        connection.execute(
            insertion,
            [
                {"docid": docids[id], ALL_COLUMN: EVERY_RECORD, **_row(json.loads(written[id]), fields)}
                for id in written
            ],
        )


def remove(connection: Connection, dataset_id: UUID, record_ids: Iterable[UUID]) -> None:
    """Take these records out of the index."""
    deletion = text(f"DELETE FROM {text_table(dataset_id)} WHERE rowid = :docid")
    for batch in _batches(record_ids):
        gone = delete(documents).where(documents.c.record_id.in_(batch), documents.c.dataset_id == dataset_id)
        docids = connection.scalars(gone.returning(documents.c.docid)).all()
        if docids:
            connection.execute(deletion, [{"docid": docid} for docid in docids])


def vocabulary(connection: Connection, dataset_id: UUID) -> Expand:
    """What finds the tokens of a column that are a few edits from a text: nearest first, as Lucene ranks them."""

    @cache
    def terms() -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for column, term in connection.exec_driver_sql(f"SELECT col, term FROM {text_table(dataset_id)}_tokens"):
            found[column].append(term)
        return found

    def expand(column: str, word: str, edits: int) -> list[str]:
        near = extract(word, terms()[column], scorer=Levenshtein.distance, score_cutoff=edits, limit=None)
        ranked = sorted((distance / min(len(word), len(term)), term) for term, distance, _ in near)
        return [term for _, term in ranked[:EXPANSIONS]]

    return expand


def derive(connection: Connection) -> None:
    """Make every index what the records say: after a crash, with a restored backup, with a database without index."""
    documents.metadata.create_all(connection)
    ready = set(connection.scalars(select(Dataset.id).where(Dataset.status == DatasetStatus.ready)))
    kept = _drop_others(connection, {text_table(dataset_id) for dataset_id in ready})
    for dataset_id in ready:
        if text_table(dataset_id) not in kept:
            drop(connection, dataset_id)
            create(connection, dataset_id)
        _derive_dataset(connection, dataset_id)
    connection.execute(delete(documents).where(documents.c.dataset_id.not_in(ready)))


def _derive_dataset(connection: Connection, dataset_id: UUID) -> None:
    found = dict(
        connection.execute(
            select(documents.c.record_id, documents.c.checksum).where(documents.c.dataset_id == dataset_id)
        ).all()
    )
    rows = connection.execution_options(yield_per=BATCH).execute(
        select(Record.id, type_coerce(Record.fields, String)).where(Record.dataset_id == dataset_id)
    )
    stale = [record_id for record_id, written in rows if found.pop(record_id, None) != _checksum(written)]
    remove(connection, dataset_id, found)
    put(connection, dataset_id, stale)


def _drop_others(connection: Connection, expected: Collection[str]) -> set[str]:
    """Drop the indexes that no dataset or another version left behind; gives those that stay."""
    tables = "SELECT name FROM sqlite_master WHERE name LIKE 'embedded!_text!_%' ESCAPE '!' AND sql LIKE '%USING fts5%'"
    names = set(connection.exec_driver_sql(tables).scalars())
    kept = {name for name in expected if {name, f"{name}_tokens"} <= names}
    for name in sorted(names - kept - {f"{name}_tokens" for name in kept}, reverse=True):  # vocabularies first
        connection.exec_driver_sql(f"DROP TABLE {name}")
    return kept


def _docids(connection: Connection, dataset_id: UUID, written: dict[UUID, str]) -> dict[UUID, int]:
    """The row of each record in the index, new where it had none."""
    rows = [
        {"record_id": record_id, "dataset_id": dataset_id, "checksum": _checksum(fields)}
        for record_id, fields in written.items()
    ]
    insertion = insert(documents).values(rows)
    kept = insertion.on_conflict_do_update(
        index_elements=[documents.c.record_id], set_={"checksum": insertion.excluded.checksum}
    )
    return dict(connection.execute(kept.returning(documents.c.record_id, documents.c.docid)).all())


def _checksum(written: str) -> int:
    return crc32(written.encode())


def _row(values: dict[str, Any], fields: Sequence[TextField]) -> dict[str, str]:
    return {field.column: " ".join(_tokens(values.get(field.name), field.type)) for field in fields}


def _tokens(value: Any, type: FieldType) -> list[str]:
    """The tokens of a field's value: of a chat those of roles and contents, of a custom field those of its `str`."""
    if value is None:
        return []
    if type is FieldType.chat:
        return [
            token for message in value for token in (*tokens(message["role"]), GAP, *tokens(message["content"]), GAP)
        ]
    return tokens(value if isinstance(value, str) else str(value))


def _batches(items: Iterable[UUID]) -> Iterator[list[UUID]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
