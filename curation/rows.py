"""Rows of a query as dictionaries."""

from collections.abc import Mapping, Sequence
from typing import Any

from duckdb import DuckDBPyConnection


def rows(
    connection: DuckDBPyConnection, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> list[dict[str, Any]]:
    """The rows of the query, each a dictionary by column."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
