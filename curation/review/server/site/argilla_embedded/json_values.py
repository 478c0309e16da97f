"""Values inside Argilla's JSON columns, as SQL.

Names of metadata and questions are whatever people typed. SQLite's paths know no way to write a quotation mark, a
backslash or a letter that JSON escaped, so a member with such a name is looked up by key.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, column, exists, func, literal, or_, select, type_coerce

Condition = Callable[[ColumnElement[Any]], ColumnElement[bool]]
"""A condition on one value."""


class JsonValue:
    """A value of a JSON document: a scalar, a list of scalars, or nothing."""

    def __init__(self, value: ColumnElement[Any], type: ColumnElement[str]) -> None:
        self.value = value
        self.type = type

    def any(self, condition: Condition) -> ColumnElement[bool]:
        """Whether the value, or one of its elements, fulfils the condition."""
        element = func.json_each(self.value).table_valued(column("value")).alias()
        among = exists(select(literal(1)).select_from(element).where(condition(element.c.value)))
        return or_(and_(self.type != "array", condition(self.value)), and_(self.type == "array", among))

    def least(self, to_sort: Condition, descending: bool) -> ColumnElement[Any]:
        """What to sort by: of a list its least element, or its greatest where greater comes first."""
        element = func.json_each(self.value).table_valued(column("value")).alias()
        best = func.max if descending else func.min
        of_list = select(best(to_sort(element.c.value))).select_from(element).scalar_subquery()
        return case((self.type == "array", of_list), else_=to_sort(self.value))


def whole(document: ColumnElement[Any]) -> JsonValue:
    """The document itself."""
    written = type_coerce(document, String)
    return JsonValue(func.json_extract(written, "$"), func.json_type(written))


def member(document: ColumnElement[Any], name: str, path: str = "") -> JsonValue:
    """The member of an object by that name, or what is at the path `path` (`.value`) within it."""
    written = type_coerce(document, String)
    if name.isascii() and name.isprintable() and not set(name) & {'"', "\\"}:
        return JsonValue(func.json_extract(written, f'$."{name}"{path}'), func.json_type(written, f'$."{name}"{path}'))
    found = func.json_each(written).table_valued(column("key"), column("value"), column("type")).alias()
    if not path:
        return JsonValue(_of(found, name, found.c.value), _of(found, name, found.c.type))
    value, type = func.json_extract(found.c.value, f"${path}"), func.json_type(found.c.value, f"${path}")
    return JsonValue(_of(found, name, value), _of(found, name, type))


def as_text(value: ColumnElement[Any]) -> ColumnElement[str]:
    """A value as a keyword."""
    return cast(value, String)


def _of(found: Any, name: str, what: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(what).select_from(found).where(found.c.key == name).scalar_subquery()
