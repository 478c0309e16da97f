"""Argilla's sort orders as SQL, and the order of a user's own queue."""

import hashlib
from typing import Any
from uuid import UUID

from argilla_server.enums import SortOrder
from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import Record, Response, Suggestion
from argilla_server.search_engine.base import (
    FilterScope,
    MetadataFilterScope,
    Order,
    RecordFilterScope,
    ResponseFilterScope,
    SuggestionFilterScope,
)
from sqlalchemy import ColumnElement, func, select

from argilla_embedded import filters, kinds
from argilla_embedded.index import documents
from argilla_embedded.json_values import as_text, member
from argilla_embedded.schema import Schema

PRIME = 2**31 - 1
"""Products of two numbers below it are whole numbers to SQLite."""


def key(schema: Schema, order: Order) -> ColumnElement[Any]:
    """What to sort records by.

    Raises UnprocessableEntityError, with a sentence for the person who sorts, for what has no order.
    """
    return _value(schema, order.scope, is_descending(order))


def is_descending(order: Order) -> bool:
    """Whether the greatest comes first."""
    return bool(order.order == SortOrder.desc)


def directed(key: ColumnElement[Any], descending: bool) -> ColumnElement[Any]:
    """A key with its direction; records without a value come last, whichever it is."""
    return (key.desc() if descending else key.asc()).nulls_last()


def shuffled(user_id: UUID | str) -> ColumnElement[float]:
    """A number from 0 up to 1 for each record: always the same for one user, unrelated for two.

    A square modulo a prime of the record's number in the index, scaled and shifted by the user's own two numbers.
    """
    digest = hashlib.sha256(str(user_id).encode()).digest()
    scale, shift, turn = (int.from_bytes(digest[start : start + 8], "big") % (PRIME - 1) + 1 for start in (0, 8, 16))
    spread = (documents.c.docid * scale + shift) % PRIME
    return spread * ((spread + turn) % PRIME) % PRIME / float(PRIME)


def _value(schema: Schema, scope: FilterScope, descending: bool) -> ColumnElement[Any]:
    match scope:
        case RecordFilterScope(property):
            kind, value = filters.record_property(property)
            return kind.stored(value)
        case MetadataFilterScope(name):
            kind, found = filters.metadata(schema, name)
            return found.first(kind.stored, descending)
        case SuggestionFilterScope(question, property):
            return _of_suggestion(schema, question, property, descending)
        case ResponseFilterScope(question) if question:
            return _of_answers(schema, scope, question, descending)
        case ResponseFilterScope(_, "status"):
            best = func.max if descending else func.min
            return _of_responses(scope, best(as_text(Response.status)))
    raise UnprocessableEntityError("Responses can be sorted by their status or by a question's answer")


def _of_suggestion(schema: Schema, question: str, property: str, descending: bool) -> ColumnElement[Any]:
    kind, value = filters.suggestion_property(schema, question, property)
    if kind is None:
        raise UnprocessableEntityError(f"The suggestions for `{question}` have no order to sort by")
    query = select(value.first(kind.stored, descending)).select_from(Suggestion)
    return query.where(filters.suggestions(schema, question)).correlate(Record).scalar_subquery()


def _of_answers(schema: Schema, scope: ResponseFilterScope, question: str, descending: bool) -> ColumnElement[Any]:
    """Of several answers the mean, where they are numbers; else the one that comes first."""
    kind = filters.answer_kind(schema, question)
    if kind is None:
        raise UnprocessableEntityError(f"The answers to `{question}` have no order to sort by")
    answer = member(Response.values, question, ".value").first(kind.stored, descending)
    if isinstance(kind, kinds.Number):
        return _of_responses(scope, func.avg(answer))
    return _of_responses(scope, (func.max if descending else func.min)(answer))


def _of_responses(scope: ResponseFilterScope, value: ColumnElement[Any]) -> ColumnElement[Any]:
    query = select(value).select_from(Response).where(filters.responses(scope.user and scope.user.id))
    return query.correlate(Record).scalar_subquery()
