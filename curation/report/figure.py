"""A figure of the report: its rows, and what a reader runs to have them."""

from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Generic, Literal, TypeVar

from duckdb import DuckDBPyConnection

from curation.rows import rows
from schemas.model import Model

Row = TypeVar("Row", bound=Model, covariant=True)


class How(Model):
    """How a figure was computed: SQL to run over the store, or Python, and the page of the docs that says more."""

    language: Literal["sql", "python"]
    code: str
    docs: str


@dataclass(frozen=True)
class Figure(Generic[Row]):
    """Rows of one kind, with what they show in a few words, a sentence about it, and how they were computed."""

    key: str
    title: str
    caption: str
    how: How
    rows: tuple[Row, ...]

    def table(self) -> tuple[tuple[str, ...], list[list[Any]]]:
        """The names of the columns, and the rows below them."""
        names = tuple(type(self.rows[0]).model_fields) if self.rows else ()
        return names, [[getattr(row, name) for name in names] for row in self.rows]


def queried(
    connection: DuckDBPyConnection, model: type[Row], query: str, *, key: str, title: str, caption: str, docs: str
) -> Figure[Row]:
    """The figure of a query whose columns are the model's fields."""
    found = tuple(model.model_validate(row) for row in rows(connection, query))
    return Figure(key, title, caption, How(language="sql", code=cleandoc(query), docs=docs), found)


def called(found: tuple[Row, ...], program: str, *, key: str, title: str, caption: str, docs: str) -> Figure[Row]:
    """The figure of rows that a function gave, and the program that prints them, in which `store` is at hand."""
    code = f"{_OPENED}{cleandoc(program)}"
    return Figure(key, title, caption, How(language="python", code=code, docs=docs), found)


_OPENED = """from pathlib import Path

from curation.store import Store

store = Store(Path("workspace"))
"""
