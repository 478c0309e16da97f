"""Argilla's filters as SQL conditions on records."""

from typing import Any
from uuid import UUID

from argilla_server.enums import MetadataPropertyType, QuestionType, RecordSortField, ResponseStatusFilter
from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import Record, Response, Suggestion
from argilla_server.search_engine.base import (
    AndFilter,
    Filter,
    MetadataFilterScope,
    RangeFilter,
    RecordFilterScope,
    ResponseFilterScope,
    SuggestionFilterScope,
    TermsFilter,
)
from sqlalchemy import ColumnElement, and_, exists, false, literal, not_, or_, select, true

from argilla_embedded import kinds
from argilla_embedded.json_values import JsonValue, member, whole
from argilla_embedded.schema import Schema


def condition(schema: Schema, filter: Filter) -> ColumnElement[bool]:
    """The condition that records fulfil which the filter lets through.

    Raises UnprocessableEntityError, with a sentence for the person who filters, for what no record can be asked.
    """
    if isinstance(filter, AndFilter):
        return and_(true(), *(condition(schema, each) for each in filter.filters))
    match filter.scope:
        case RecordFilterScope(property):
            return _compared(filter, *record_property(property))
        case MetadataFilterScope(name):
            kind, value = metadata(schema, name)
            return value.any(lambda each: _compared(filter, kind, each))
        case SuggestionFilterScope(question, property):
            return _of_suggestion(schema, filter, question, property)
        case ResponseFilterScope(question) if question:
            return _of_answer(schema, filter, question)
        case ResponseFilterScope(_, "status") if isinstance(filter, TermsFilter):
            return _of_status(filter, filter.scope.user and filter.scope.user.id)
    raise UnprocessableEntityError("Responses can be filtered by the terms of their status or by a question's answer")


def record_property(name: str) -> tuple[kinds.Kind, ColumnElement[Any]]:
    """A property of the record itself, and what it holds."""
    value = getattr(Record, RecordSortField(name))
    match name:
        case RecordSortField.id:
            return kinds.IDENTIFIER, value
        case RecordSortField.inserted_at | RecordSortField.updated_at:
            return kinds.TIME, value
        case _:
            return kinds.TEXT, value


def metadata(schema: Schema, name: str) -> tuple[kinds.Kind, JsonValue]:
    """A metadata property, and what it holds. Raises UnprocessableEntityError where the dataset has none so named."""
    if name not in schema.metadata:
        raise UnprocessableEntityError(f"The dataset has no metadata property `{name}`")
    value = member(Record.metadata_, name)
    listed = schema.metadata[name] is MetadataPropertyType.terms
    return kinds.OF_METADATA[schema.metadata[name]], value if listed else value.scalar()


def answer_kind(schema: Schema, question: str) -> kinds.Kind | None:
    """What the answers to a question hold; None where they are not searched. Raises UnprocessableEntityError."""
    return kinds.OF_ANSWER.get(_question(schema, question)[1])


def suggestions(schema: Schema, question: str, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on suggestions that they are the record's, for this question, and fulfil these."""
    question_id, _ = _question(schema, question)
    return and_(Suggestion.record_id == Record.id, Suggestion.question_id == question_id, *conditions)


def suggestion_property(schema: Schema, question: str, property: str) -> tuple[kinds.Kind | None, JsonValue]:
    """A property of suggestions, and what it holds; None for values that are not searched."""
    match property:
        case "value":
            return answer_kind(schema, question), whole(Suggestion.value)
        case "score":
            return kinds.NUMBER, whole(Suggestion.score)
        case "agent" | "type":
            return kinds.TEXT, JsonValue(getattr(Suggestion, property))
        case _:
            return None, whole(Suggestion.value)


def responses(user_id: UUID | None, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on responses that they are to the record, by this user where one is given, and fulfil these."""
    by_user = [] if user_id is None else [Response.user_id == user_id]
    return and_(Response.record_id == Record.id, *by_user, *conditions)


def _question(schema: Schema, name: str) -> tuple[UUID, QuestionType]:
    if name not in schema.questions:
        raise UnprocessableEntityError(f"The dataset has no question `{name}`")
    return schema.questions[name]


def _compared(filter: TermsFilter | RangeFilter, kind: kinds.Kind, value: ColumnElement[Any]) -> ColumnElement[bool]:
    if isinstance(filter, TermsFilter):
        return kind.is_any(value, filter.values)
    return kind.is_within(value, filter.ge, filter.le)


def _of_suggestion(
    schema: Schema, filter: TermsFilter | RangeFilter, question: str, property: str
) -> ColumnElement[bool]:
    kind, value = suggestion_property(schema, question, property)
    if kind is None:
        return false()
    return _exists(Suggestion, suggestions(schema, question, value.any(lambda each: _compared(filter, kind, each))))


def _of_answer(schema: Schema, filter: TermsFilter | RangeFilter, question: str) -> ColumnElement[bool]:
    kind = answer_kind(schema, question)
    if kind is None:
        return false()
    answer = member(Response.values, question, ".value").any(lambda each: _compared(filter, kind, each))
    return _exists(Response, responses(filter.scope.user and filter.scope.user.id, answer))


def _of_status(filter: TermsFilter, user_id: UUID | None) -> ColumnElement[bool]:
    """`pending` is no status of a response: it means that there is none."""
    statuses = [str(status) for status in filter.values if status != ResponseStatusFilter.pending]
    answered = _exists(Response, responses(user_id, *([Response.status.in_(statuses)] if statuses else [])))
    if not filter.values and user_id is None:
        return true()
    if ResponseStatusFilter.pending not in filter.values:
        return answered
    pending = not_(_exists(Response, responses(user_id)))
    return or_(pending, answered) if statuses else pending


def _exists(entity: Any, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(literal(1)).select_from(entity).where(condition).correlate(Record))
