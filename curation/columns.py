"""Rows of models as columns: how batches get into DuckDB, and what of them is there already."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain

import pyarrow as pa
from duckdb import DuckDBPyConnection
from pydantic.fields import FieldInfo

from schemas.model import Model


def well_formed(text: str) -> str:
    """The text with lone surrogates, which UTF-8 has no place for, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def strings(values: Iterable[str | None]) -> pa.Array:
    """A column of texts, each made well-formed."""
    values = list(values)
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if value is None else well_formed(value) for value in values], pa.string())


def string_lists(rows: Sequence[Sequence[str]]) -> pa.Array:
    """A column of lists of texts."""
    return pa.ListArray.from_arrays(_offsets(rows), strings(chain.from_iterable(rows)))


def integers(values: Iterable[int | None]) -> pa.Array:
    """A column of whole numbers."""
    return pa.array(list(values), pa.int64())


def floats(values: Iterable[float | None]) -> pa.Array:
    """A column of floating-point numbers."""
    return pa.array(list(values), pa.float64())


def structs(rows: Sequence[Model | None], model: type[Model]) -> pa.Array:
    """A column of models, all of type `model`, as structs of their fields; NULL for None."""
    fields = [_field(name, info, rows) for name, info in model.model_fields.items()]
    missing = pa.array([row is None for row in rows], pa.bool_())
    return pa.StructArray.from_arrays(fields, names=list(model.model_fields), mask=missing)


def struct_lists(rows: Sequence[Sequence[Model]], model: type[Model]) -> pa.Array:
    """A column of lists of models, all of type `model`, each as a struct of its fields."""
    return pa.ListArray.from_arrays(_offsets(rows), structs(list(chain.from_iterable(rows)), model))


def insert(connection: DuckDBPyConnection, table: str, columns: dict[str, pa.Array]) -> None:
    """Append the columns to `table`, matched by name, in one statement."""
    connection.register("batch", pa.table(columns))
    connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM batch')
    connection.unregister("batch")


def stored(connection: DuckDBPyConnection, table: str, column: str, ids: Iterable[str]) -> set[str]:
    """Those of `ids` that stand in `column` of `table` already."""
    connection.register("wanted", pa.table({column: strings(ids)}))
    rows = connection.execute(
        f'SELECT DISTINCT "{column}" FROM "{table}" SEMI JOIN wanted USING ("{column}")'
    ).fetchall()
    connection.unregister("wanted")
    return {row[0] for row in rows}


def _field(name: str, info: FieldInfo, rows: Sequence[Model | None]) -> pa.Array:
    values = [None if row is None else getattr(row, name) for row in rows]
    if info.annotation is int:
        return pa.array(values, pa.int64())
    if info.annotation is bool:
        return pa.array(values, pa.bool_())
    return strings(values)


def _offsets(rows: Sequence[Sequence[object]]) -> pa.Array:
    return pa.array(accumulate(map(len, rows), initial=0), pa.int32())
