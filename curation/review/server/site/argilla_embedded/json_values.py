"""Values inside Argilla's JSON columns, as SQL.

Names of metadata and questions are whatever people typed. SQLite's paths know no way to write a quotation mark, a
backslash or a letter that JSON escaped, so a member with such a name is looked up by key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, column, exists, func, literal, or_, select, type_coerce

Condition = Callable[[ColumnElement[Any]], ColumnElement[bool]]
"""A condition on one value."""


@dataclass(frozen=True)
class JsonValue:
    """A value of a JSON document: a scalar or nothing; a list of scalars only where its `type` is given."""

    value: ColumnElement[Any]
    type: ColumnElement[str] | None = None

    def any(self, condition: Condition) -> ColumnElement[bool]:
        """Whether the value, or one of its elements, fulfils the condition."""
        if self.type is None:
            return condition(self.value)
        element = _elements(self.value)
        among = exists(select(literal(1)).select_from(element).where(condition(element.c.value)))
        return or_(and_(self.type != "array", condition(self.value)), and_(self.type == "array", among))

    def first(self, stored: Callable[[ColumnElement[Any]], ColumnElement[Any]], descending: bool) -> ColumnElement[Any]:
        """What to sort by: of a list its least element, or its greatest where the greatest comes first."""
        if self.type is None:
            return stored(self.value)
        element = _elements(self.value)
        best = func.max if descending else func.min
        of_list = select(best(stored(element.c.value))).select_from(element).scalar_subquery()
        return case((self.type == "array", of_list), else_=stored(self.value))

    def scalar(self) -> "JsonValue":
        """The same, where it is known to be no list."""
        return JsonValue(self.value)


def whole(document: ColumnElement[Any]) -> JsonValue:
    """The document itself."""
    written = type_coerce(document, String)
    return JsonValue(func.json_extract(written, "$"), func.json_type(written))


def member(document: ColumnElement[Any], name: str, path: str = "") -> JsonValue:
    """The member of an object by that name, or what is at the path `path` (`.value`) within it."""
    written = type_coerce(document, String)
    if name.isascii() and name.isprintable() and not set(name) & {'"', "\\"}:
        place = f'$."{name}"{path}'
        return JsonValue(func.json_extract(written, place), func.json_type(written, place))
    found = func.json_each(written).table_valued(column("key"), column("value"), column("type")).alias()
    value, type = found.c.value, found.c.type
    if path:
        value, type = func.json_extract(value, f"${path}"), func.json_type(value, f"${path}")
    by_name = select().select_from(found).where(found.c.key == name)
    return JsonValue(*(by_name.add_columns(each).scalar_subquery() for each in (value, type)))


def as_text(value: ColumnElement[Any]) -> ColumnElement[str]:
    """A value as a keyword."""
    return cast(value, String)


def _elements(value: ColumnElement[Any]) -> Any:
    return func.json_each(value).table_valued(column("value")).alias()
