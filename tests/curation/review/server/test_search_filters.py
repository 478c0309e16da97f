"""Filters over HTTP, as Elasticsearch applies them."""

from typing import Any

import pytest

from tests.curation.review.running import RunningArgilla
from tests.curation.review.server.searched import (
    LABEL_QUESTION,
    STATUS,
    Searched,
    answer,
    between,
    create,
    metadata,
    record,
    suggestion,
    terms,
)

ODD = 'a "b" \\ é.c'
"""A name that no JSON path can be written for."""
OPTIONS = [{"value": value, "text": value} for value in ("x", "y", "z")]
QUESTIONS = [
    LABEL_QUESTION,
    {"name": "stars", "settings": {"type": "rating", "options": [{"value": value} for value in range(1, 6)]}},
    {"name": ODD, "settings": {"type": "multi_label_selection", "options": OPTIONS}},
    {"name": "comment", "settings": {"type": "text"}},
]
PROPERTIES = [
    {"name": "source", "settings": {"type": "terms"}},
    {"name": ODD, "settings": {"type": "terms"}},
    {"name": "steps", "settings": {"type": "integer"}},
    {"name": "share", "settings": {"type": "float"}},
    {"name": "dots.and $signs", "settings": {"type": "float"}},
]
RECORDS: list[dict[str, Any]] = [
    {
        "metadata": {"source": "gsm8k", ODD: ["red", "blue"], "steps": 1, "share": 0.13, "dots.and $signs": 0.5},
        "suggestions": {"verdict": {"value": "accept", "score": 0.9, "agent": "peter", "type": "model"}},
    },
    {
        "metadata": {"source": "math", ODD: "red", "steps": 3, "share": -2.5},
        "suggestions": {
            "verdict": {"value": "reject", "score": 0.4, "agent": "john", "type": "human"},
            "stars": {"value": 4},
        },
    },
    {
        "metadata": {"source": ["math", "asdiv"], "steps": 12, "share": 12.0},
        "suggestions": {ODD: {"value": ["x", "y"], "score": [0.2, 0.8]}, "comment": {"value": "accept"}},
    },
    {"metadata": {"source": '["math"]'}},
    {},
]


@pytest.fixture(scope="module")
def records(argilla: RunningArgilla) -> Searched:
    """Records 0 to 4; both annotators answered 0, the first one 1, and drafted 2, the second one discarded 3."""
    dataset = create(argilla, questions=QUESTIONS, metadata_properties=PROPERTIES)
    dataset.add(
        *({"external_id": str(place), "fields": {"text": f"t{place}"}, **each} for place, each in enumerate(RECORDS))
    )
    first, second = argilla.annotators
    dataset.answer("0", first, verdict="accept", stars=2)
    dataset.answer("0", second, verdict="reject", stars=5)
    dataset.answer("1", first, verdict="reject", **{ODD: ["x", "z"]}, comment="accept")
    dataset.answer("2", first, "draft", stars=5)
    dataset.answer("3", second, "discarded", verdict="accept")
    return dataset


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (terms(metadata("source"), "math"), "1 2"),  # a list has each of its terms, a text that looks like one has not
        (terms(metadata("source"), '["math"]'), "3"),
        (terms(metadata("source"), "gsm8k", "asdiv"), "0 2"),
        (terms(metadata("source"), "mat"), ""),
        (terms(metadata("source"), "Math"), ""),
        (terms(metadata(ODD), "red"), "0 1"),
        (terms(metadata(ODD), "blue"), "0"),
        (between(metadata("source"), ge="h", le="n"), "1 2"),
        (terms(metadata("steps"), "3"), "1"),
        (terms(metadata("steps"), 3, "12"), "1 2"),
        (terms(metadata("steps"), "3.5"), ""),
        (between(metadata("steps"), ge=3), "1 2"),  # as numbers: 12 is more than 3
        (between(metadata("steps"), ge=3, le=3), "1"),
        (between(metadata("steps"), le="2"), "0"),
        (between(metadata("steps"), ge=1.5), "1 2"),
        (between(metadata("share"), ge=0.13, le=0.13), "0"),
        (between(metadata("share"), ge=0), "0 2"),
        (between(metadata("share"), le=0.2), "0 1"),
        (terms(metadata("share"), "12"), "2"),
        (between(metadata("dots.and $signs"), ge=0.1), "0"),
        (terms(suggestion("verdict"), "accept"), "0"),
        (terms(suggestion("verdict"), "accept", "reject"), "0 1"),
        (terms(suggestion("verdict", "agent"), "peter"), "0"),
        (terms(suggestion("verdict", "type"), "human"), "1"),
        (terms(suggestion("verdict", "score"), "0.4"), "1"),
        (between(suggestion("verdict", "score"), ge=0.5), "0"),
        (between(suggestion("verdict", "agent"), ge="k"), "0"),
        (terms(suggestion("stars"), "4"), "1"),
        (between(suggestion("stars"), ge=4, le=5), "1"),
        (terms(suggestion(ODD), "y"), "2"),
        (between(suggestion(ODD, "score"), ge=0.7), "2"),
        (terms(suggestion("comment"), "accept"), ""),  # texts are not filtered
        (terms(answer("verdict"), "accept"), "0 3"),
        (terms(answer("verdict"), "reject"), "0 1"),
        (terms(answer("stars"), "5"), "0 2"),
        (between(answer("stars"), ge=3), "0 2"),
        (between(answer("stars"), le=2), "0"),
        (terms(answer(ODD), "z"), "1"),
        (terms(answer("comment"), "accept"), ""),
        (terms(STATUS, "submitted"), "0 1"),
        (terms(STATUS, "draft"), "2"),
        (terms(STATUS, "discarded"), "3"),
        (terms(STATUS, "pending"), "4"),
        (terms(STATUS, "pending", "draft"), "2 4"),
        (terms(STATUS, "submitted", "discarded"), "0 1 3"),
        (terms(record("status"), "completed"), "0 1"),
        (terms(record("status"), "pending"), "2 3 4"),
        (terms(record("external_id"), "1", "4", "9"), "1 4"),
        (between(record("external_id"), ge="2", le="3"), "2 3"),
        (between(record("inserted_at"), ge="2020-01-01"), "0 1 2 3 4"),
        (between(record("inserted_at"), le="2020"), ""),
        (between(record("inserted_at"), ge="2020", le="2199-12"), "0 1 2 3 4"),
        (between(record("updated_at"), ge="2020-01-01T00:00:00Z"), "0 1 2 3 4"),
        (between(record("inserted_at"), ge=0), "0 1 2 3 4"),
        (between(record("inserted_at"), le=1_000), ""),
        (terms(record("inserted_at"), "2020-01-01"), ""),
    ],
)
def test_a_filter_lets_through_what_elasticsearch_would(
    records: Searched, filter: dict[str, Any], expected: str
) -> None:
    assert records.filtered(filter) == set(expected.split())


@pytest.mark.parametrize(
    ("filter", "first", "second"),
    [
        (terms(STATUS, "pending"), "3 4", "1 2 4"),
        (terms(STATUS, "submitted"), "0 1", "0"),
        (terms(STATUS, "draft"), "2", ""),
        (terms(STATUS, "discarded"), "", "3"),
        (terms(STATUS, "pending", "draft"), "2 3 4", "1 2 4"),
        (terms(answer("verdict"), "accept"), "0", "3"),  # the value and the user are of the same answer
        (terms(answer("verdict"), "reject"), "1", "0"),
        (between(answer("stars"), ge=3), "2", "0"),
    ],
)
def test_annotators_filter_by_their_own_answers(
    records: Searched, filter: dict[str, Any], first: str, second: str
) -> None:
    annotators = records.argilla.annotators
    assert records.filtered(filter, by=annotators[0]) == set(first.split())
    assert records.filtered(filter, by=annotators[1]) == set(second.split())


def test_filters_and_a_query_hold_all_at_once(records: Searched) -> None:
    math, many = terms(metadata("source"), "math"), between(metadata("steps"), ge=10)
    assert records.filtered(math, many) == {"2"}
    assert records.text("t1 | t2", filters={"and": [math, many]}) == {"2"}
    pending = [terms(STATUS, "pending"), terms(record("status"), "pending")]
    assert records.filtered(*pending, by=records.argilla.annotators[1]) == {"2", "4"}


def test_ids_are_found_as_people_see_them(records: Searched) -> None:
    one, two = records.records["1"], records.records["2"]
    assert records.filtered(terms(record("id"), one, two, "nonsense")) == {"1", "2"}
    assert records.filtered(terms(record("id"), one.replace("-", ""))) == set()
    assert records.filtered(between(record("id"), ge=one, le=one)) == {"1"}


def test_a_day_and_an_hour_are_whole_ones(records: Searched) -> None:
    path = f"/api/v1/records/{records.records['0']}"
    inserted = records.argilla.ask("GET", path, by=records.argilla.owner)["inserted_at"]
    for named in (inserted[:10], inserted[:13], inserted[:16], inserted[:19], inserted):
        assert "0" in records.filtered(terms(record("inserted_at"), named)), named
        assert "0" in records.filtered(between(record("inserted_at"), ge=named, le=named)), named


@pytest.mark.parametrize(
    "filter",
    [
        terms(metadata("steps"), "many"),
        between(metadata("share"), ge="nan"),
        terms(suggestion("stars"), "five"),
        terms(answer("stars"), "five"),
        terms(record("inserted_at"), "yesterday"),
        between(record("inserted_at"), ge="now-1d"),
        between(record("inserted_at"), le="2026-13"),
        between(STATUS, ge="draft"),
        terms({"entity": "response"}, "draft"),
        terms(metadata("nothing"), "a"),
        terms(suggestion("nothing"), "a"),
    ],
)
def test_what_no_record_can_be_asked_is_refused_with_a_sentence(records: Searched, filter: dict[str, Any]) -> None:
    reply = records.reply(filters={"and": [filter]})
    assert reply.status == 422
    assert len(reply.body["detail"]) > 20


def test_names_are_never_code(argilla: RunningArgilla) -> None:
    name = "$.x\"') OR 1=1 --"
    property = {"name": name, "settings": {"type": "terms"}}
    dataset = create(argilla, metadata_properties=[property])
    dataset.add({"external_id": "0", "fields": {"text": "a"}, "metadata": {name: "b"}})
    dataset.add({"external_id": "1", "fields": {"text": "a"}, "metadata": {"x": "b"}})
    assert dataset.filtered(terms(metadata(name), "b")) == {"0"}
    assert dataset.filtered(terms(metadata(name), "' OR '1'='1")) == set()
