"""What a property holds, and so what it can be compared with: keywords, whole numbers, numbers, times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from argilla_server.enums import MetadataPropertyType, QuestionType
from argilla_server.errors.future import UnprocessableEntityError
from sqlalchemy import ColumnElement, Float, Integer, String, and_, cast, or_, true, type_coerce

Value: TypeAlias = ColumnElement[Any]


class Kind(Protocol):
    """How values of one kind are compared and sorted."""

    def stored(self, value: Value) -> Value:
        """The value as it is compared and sorted."""

    def is_any(self, value: Value, wanted: Sequence[str]) -> ColumnElement[bool]:
        """Whether it is one of these."""

    def is_within(self, value: Value, least: Any, greatest: Any) -> ColumnElement[bool]:
        """Whether it lies between these, both included; None is no bound."""


@dataclass(frozen=True)
class Text:
    """A column of text that is compared as a whole, and sorted by its characters' codes."""

    def stored(self, value: Value) -> Value:
        return type_coerce(value, String)

    def is_any(self, value: Value, wanted: Sequence[str]) -> ColumnElement[bool]:
        return self.stored(value).in_([str(each) for each in wanted])

    def is_within(self, value: Value, least: Any, greatest: Any) -> ColumnElement[bool]:
        return _between(self.stored(value), *(None if each is None else str(each) for each in (least, greatest)))


@dataclass(frozen=True)
class Keyword(Text):
    """The same in JSON, where a number may stand for its digits."""

    def stored(self, value: Value) -> Value:
        return cast(value, String)


@dataclass(frozen=True)
class Identifier(Text):
    """A record's id: stored without the hyphens that people see and write."""

    def is_any(self, value: Value, wanted: Sequence[str]) -> ColumnElement[bool]:
        return self.stored(value).in_([each.replace("-", "") for each in wanted if _is_id(each)])

    def is_within(self, value: Value, least: Any, greatest: Any) -> ColumnElement[bool]:
        bounds = (None if each is None else str(each).replace("-", "") for each in (least, greatest))
        return _between(self.stored(value), *bounds)


@dataclass(frozen=True)
class Number:
    """A number; `whole` ones are cut where they are stored with decimals or as text."""

    whole: bool

    def stored(self, value: Value) -> Value:
        return cast(value, Integer if self.whole else Float)

    def is_any(self, value: Value, wanted: Sequence[str]) -> ColumnElement[bool]:
        return self.stored(value).in_([_number(each) for each in wanted])

    def is_within(self, value: Value, least: Any, greatest: Any) -> ColumnElement[bool]:
        return _between(self.stored(value), *(None if each is None else _number(each) for each in (least, greatest)))


@dataclass(frozen=True)
class Time:
    """A moment: ISO 8601 or milliseconds since 1970, UTC where no zone is said. `2026-11` is the whole month."""

    def stored(self, value: Value) -> Value:
        return value

    def is_any(self, value: Value, wanted: Sequence[str]) -> ColumnElement[bool]:
        return or_(*(self.is_within(value, each, each) for each in wanted))

    def is_within(self, value: Value, least: Any, greatest: Any) -> ColumnElement[bool]:
        starts = None if least is None else _period(least)[0]
        ends = None if greatest is None else _period(greatest)[1]
        return _between(value, starts, ends)


TEXT = Text()
KEYWORD = Keyword()
IDENTIFIER = Identifier()
NUMBER = Number(whole=False)
TIME = Time()

OF_METADATA: dict[MetadataPropertyType, Kind] = {
    MetadataPropertyType.terms: KEYWORD,
    MetadataPropertyType.integer: Number(whole=True),
    MetadataPropertyType.float: NUMBER,
}
OF_ANSWER: dict[QuestionType, Kind] = {
    QuestionType.rating: Number(whole=True),
    QuestionType.label_selection: KEYWORD,
    QuestionType.multi_label_selection: KEYWORD,
}
"""Of the values of answers and suggestions; those of other questions are not searched, as in Elasticsearch."""


def _between(value: Value, least: Any, greatest: Any) -> ColumnElement[bool]:
    bounds = [] if least is None else [value >= least]
    return and_(true(), *bounds, *([] if greatest is None else [value <= greatest]))


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _number(text: Any) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UnprocessableEntityError(f"`{text}` is not a number, and the property to filter by holds numbers")
    return number


def _period(text: Any) -> tuple[datetime, datetime]:
    """The first and the last moment of what is named: a year, month, day, minute or moment."""
    try:
        if isinstance(text, float | int) or (text.lstrip("-").isdecimal() and len(text) > 4):
            moment = datetime.fromtimestamp(float(text) / 1_000, UTC)
            return _naive(moment), _naive(moment) + timedelta(microseconds=999)
        return _iso_period(text)
    except (ValueError, OverflowError, OSError):
        raise UnprocessableEntityError(
            f"`{text}` is not a time: write it as 2026-11-24, 2026-11-24T10:30:00 or in milliseconds since 1970"
        ) from None


def _iso_period(text: str) -> tuple[datetime, datetime]:
    day, _, time = text.partition("T")
    parts = day.split("-")
    starts = _naive(
        datetime.fromisoformat("-".join([*parts, *["01"] * (3 - len(parts))]) + (f"T{time}" if time else ""))
    )
    if len(parts) == 1:
        following = starts.replace(year=starts.year + 1)
    elif len(parts) == 2:
        following = (starts.replace(day=28) + timedelta(days=4)).replace(day=1)
    else:
        following = starts + _precision(time)
    return starts, following - timedelta(microseconds=1)


def _precision(time: str) -> timedelta:
    """How long the last thing lasts that a time of the day names."""
    clock = time.removesuffix("Z").partition("+")[0].partition("-")[0]
    match clock.count(":"):
        case 0:
            return timedelta(hours=1) if clock else timedelta(days=1)
        case 1:
            return timedelta(minutes=1)
        case _ if "." not in clock:
            return timedelta(seconds=1)
        case _:
            return timedelta(microseconds=10 ** max(0, 6 - len(clock.partition(".")[2])))


def _naive(moment: datetime) -> datetime:
    """As Argilla stores it: UTC, without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
