"""Sort orders, each user's own order, pages, progress, metrics and similarity over HTTP."""

from typing import Any

import pytest

from tests.curation.review.running import RunningArgilla
from tests.curation.review.server.searched import STATUS, Searched, answer, create, metadata, record, suggestion, terms
from tests.curation.review.server.test_search_filters import ODD, PROPERTIES, QUESTIONS

RECORDS: list[dict[str, Any]] = [
    {
        "metadata": {"source": "b", "steps": 12, "share": 0.5, ODD: "m"},
        "suggestions": {"verdict": {"value": "reject", "score": 0.9, "agent": "b"}, "stars": {"value": 2}},
    },
    {
        "metadata": {"source": ["a", "d"], "steps": 3, "share": -1.5, ODD: ["a", "z"]},
        "suggestions": {"verdict": {"value": "accept", "score": 0.1, "agent": "c"}, "stars": {"value": 5}},
    },
    {
        "metadata": {"source": "c", "steps": 7, "share": 3.25},
        "suggestions": {
            "verdict": {"value": "reject", "score": 0.5, "agent": "a"},
            ODD: {"value": ["x"], "score": [0.3]},
        },
    },
    {},
]


@pytest.fixture(scope="module")
def records(argilla: RunningArgilla) -> Searched:
    """Records 0 to 3, of which 3 has nothing to sort by; both annotators have rated 0, the first one 1 and 2."""
    dataset = create(
        argilla, questions=QUESTIONS, metadata_properties=PROPERTIES, vectors_settings=[{"name": "v", "dimensions": 2}]
    )
    vectors = [[1.0, 0.0], [1.0, 1.0], [-1.0, 0.1], None]
    for place, each in enumerate(RECORDS):
        extra = {"vectors": {"v": vectors[place]}} if vectors[place] else {}
        dataset.add({"external_id": str(place), "fields": {"text": f"t{place} all"}, **each, **extra})
    first, second = argilla.annotators
    dataset.answer("0", first, verdict="reject", stars=1)
    dataset.answer("0", second, verdict="accept", stars=4)
    dataset.answer("1", first, verdict="accept", stars=2)
    dataset.answer("2", first, verdict="reject", stars=3)
    return dataset


@pytest.mark.parametrize(
    ("scope", "ascending", "descending"),
    [
        (metadata("steps"), "1 2 0 3", "0 2 1 3"),
        (metadata("share"), "1 0 2 3", "2 0 1 3"),
        (metadata("source"), "1 0 2 3", "1 2 0 3"),  # a list goes by its least term, or by its greatest
        (metadata(ODD), "1 0 2 3", "1 0 2 3"),
        (suggestion("verdict"), "1 0 2 3", "0 2 1 3"),
        (suggestion("verdict", "score"), "1 2 0 3", "0 2 1 3"),
        (suggestion("verdict", "agent"), "2 0 1 3", "1 0 2 3"),
        (suggestion("stars"), "0 1 2 3", "1 0 2 3"),
        (suggestion(ODD, "score"), "2 0 1 3", "2 0 1 3"),
        (answer("stars"), "1 0 2 3", "2 0 1 3"),  # 0 has 1 and 4: the mean is 2.5
        (record("external_id"), "0 1 2 3", "3 2 1 0"),
        (record("inserted_at"), "0 1 2 3", "3 2 1 0"),
        (record("status"), "0 1 2 3", "3 0 1 2"),
    ],
)
def test_records_without_a_value_come_last_both_ways(
    records: Searched, scope: dict[str, Any], ascending: str, descending: str
) -> None:
    assert records.sorted(scope) == ascending.split()
    assert records.sorted(scope, "desc") == descending.split()


def test_annotators_sort_by_their_own_answers(records: Searched) -> None:
    first, second = records.argilla.annotators
    assert records.sorted(answer("stars"), by=first) == ["0", "1", "2", "3"]
    assert records.sorted(answer("stars"), "desc", by=first) == ["2", "1", "0", "3"]
    assert records.sorted(answer("stars"), "desc", by=second)[0] == "0"
    assert records.sorted(STATUS, by=second)[0] == "0"


def test_ids_sort_as_people_see_them(records: Searched) -> None:
    by_id = sorted(records.records, key=lambda name: records.records[name])
    assert records.sorted(record("id")) == by_id
    assert records.sorted(record("id"), "desc") == by_id[::-1]


def test_a_change_is_the_latest(argilla: RunningArgilla) -> None:
    dataset = create(argilla)
    dataset.add(*({"external_id": str(place), "fields": {"text": "a"}} for place in range(3)))
    dataset.add({"external_id": "1", "fields": {"text": "b"}})
    assert dataset.sorted(record("updated_at"), "desc")[0] == "1"


def test_the_second_order_counts_where_the_first_leaves_ties(records: Searched) -> None:
    sort = [{"scope": suggestion("verdict"), "order": "desc"}, {"scope": metadata("share"), "order": "desc"}]
    found = records.find(sort=sort, by=records.argilla.annotators[0])
    assert found.ids == ["2", "0", "1", "3"]
    assert found.scores == [None] * 4


@pytest.mark.parametrize("scope", [suggestion("comment"), answer("comment"), {"entity": "response"}])
def test_what_has_no_order_is_refused_with_a_sentence(records: Searched, scope: dict[str, Any]) -> None:
    reply = records.reply(sort=[{"scope": scope, "order": "asc"}])
    assert reply.status == 422
    assert "sort" in reply.body["detail"]


def test_each_user_has_an_order_of_their_own_that_stays_and_pages_do_not_overlap(argilla: RunningArgilla) -> None:
    dataset = create(argilla)
    dataset.add(*({"external_id": str(place), "fields": {"text": "same words"}} for place in range(60)))
    first, second = argilla.annotators
    one, other = dataset.find(by=first).ids, dataset.find(by=second).ids
    inserted = [str(place) for place in range(60)]
    assert sorted(one, key=int) == sorted(other, key=int) == inserted
    assert len({tuple(one), tuple(other), tuple(inserted)}) == 3
    kept_in_place = sum(mine == theirs for mine, theirs in zip(one, other, strict=True))
    assert kept_in_place < 12  # one, by chance
    assert dataset.find(by=first).ids == one
    pages = [dataset.find(by=first, page=f"limit=7&offset={offset}") for offset in range(0, 70, 7)]
    assert [id for page in pages for id in page.ids] == one
    assert {page.total for page in pages} == {60}  # past the end too
    texts = [dataset.find(by=user, query={"text": {"q": "words"}}).ids for user in (first, first, second)]
    assert texts[0] == texts[1] != texts[2]
    dataset.answer(one[0], first, verdict="accept")
    assert dataset.find(by=first, filters={"and": [terms(STATUS, "pending")]}).ids == one[1:]


def test_progress_counts_records_and_each_users_answers(records: Searched) -> None:
    progress = records.argilla.ask("GET", f"{records.path}/progress", by=records.argilla.owner)
    assert {name: progress[name] for name in ("total", "completed", "pending")} == {
        "total": 4,
        "completed": 3,
        "pending": 1,
    }
    path = f"/api/v1/me/datasets/{records.id}/metrics"
    counts = [records.argilla.ask("GET", path, by=user)["responses"] for user in records.argilla.annotators]
    assert [count["submitted"] for count in counts] == [3, 1]
    assert [count["pending"] for count in counts] == [1, 3]


def test_metrics_of_metadata(records: Searched) -> None:
    def metrics(name: str) -> dict[str, Any]:
        path = f"/api/v1/metadata-properties/{records.metadata[name]}/metrics"
        return dict(records.argilla.ask("GET", path, by=records.argilla.owner))

    assert metrics("source") == {
        "type": "terms",
        "total": 4,
        "values": [{"term": term, "count": 1} for term in ("a", "b", "c", "d")],
    }
    assert metrics(ODD)["total"] == 3
    assert metrics("steps") == {"type": "integer", "min": 3, "max": 12}
    assert metrics("share") == {"type": "float", "min": -1.5, "max": 3.25}
    assert metrics("dots.and $signs") == {"type": "float", "min": None, "max": None}


def similar(records: Searched, page: str = "limit=100", **vector: Any) -> Any:
    return records.find(query={"vector": {"name": "v", **vector}}, page=page)


def test_similarity_is_by_cosine(records: Searched) -> None:
    found = similar(records, value=[2.0, 0.0])
    assert found.ids == ["0", "1", "2"]
    assert found.scores == pytest.approx([1.0, (1 + 2**-0.5) / 2, (1 - 1 / 1.01**0.5) / 2], abs=1e-6)
    assert found.total == 3
    assert similar(records, value=[2.0, 0.0], order="least_similar").ids == ["2", "1", "0"]
    assert similar(records, value=[2.0, 0.0], page="limit=1") == (["0"], [1.0], 1)
    assert similar(records, value=[2.0, 0.0], page="limit=1&offset=1").ids == ["1"]


def test_a_record_is_not_similar_to_itself(records: Searched) -> None:
    assert similar(records, record_id=records.records["0"]).ids == ["1", "2"]
    assert similar(records, record_id=records.records["0"], order="least_similar").ids == ["2", "1"]


def test_similarity_keeps_to_query_and_filters(records: Searched) -> None:
    query = {"vector": {"name": "v", "value": [1.0, 0.0]}, "text": {"q": "t1 | t2"}}
    assert records.find(query=query).ids == ["1", "2"]
    only = {"and": [terms(metadata("source"), "c")]}
    assert records.find(query=query, filters=only).ids == ["2"]
    nothing = {"and": [terms(metadata("source"), "nothing")]}
    assert records.find(query=query, filters=nothing).total == 0


def test_a_vector_of_another_length_is_refused_with_a_sentence(records: Searched) -> None:
    reply = records.reply(query={"vector": {"name": "v", "value": [1.0, 2.0, 3.0]}})
    assert reply.status == 422
    assert "3 numbers" in reply.body["detail"]
