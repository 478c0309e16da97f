"""Reviews: events are only added, each once, and the last one of a response holds."""

from pathlib import Path

from curation.review import reviews
from curation.review.reading import withdrawn
from curation.store import Store
from schemas.review import Review
from tests.curation import made
from tests.curation.review import reviewed
from tests.curation.review.answered import NOON


def add(store: Store, *events: Review) -> int:
    with store.connect() as connection:
        return reviews.append(connection, events)


def standing(store: Store, *keys: str) -> dict[str, list[Review]]:
    with store.connect(read_only=True) as connection:
        return reviews.standing(connection, "review", keys or None)


def edited(review: Review, raw: str) -> Review:
    return review.model_copy(update={"event": "edited", "raw": raw, "verdict": "reject"})


def test_an_event_is_added_once(tmp_path: Path) -> None:
    (key,) = reviewed.candidates(tmp_path, 1)
    store = Store(tmp_path)
    first = reviewed.answer(key, "ann", "accept")
    assert add(store) == 0
    assert add(store, first, first) == 1
    assert add(store, first) == 0
    assert add(store, first, edited(first, '{"verdict": "reject"}')) == 1
    assert made.query(store, "SELECT count(*) FROM reviews") == [(2,)]


def test_an_event_comes_back_as_it_was(tmp_path: Path) -> None:
    (key,) = reviewed.candidates(tmp_path, 1)
    store = Store(tmp_path)
    full = reviewed.answer(key, "Zoë", "correct", 1.5, category="unnatural").model_copy(
        update={
            "corrected_question": "What's $x$?\n\\frac{1}{2} 'é",
            "corrected_answer": "1/3",
            "wrong_steps": (0, 3),
            "comment": "'; DROP TABLE reviews; --",
            "raw": '{"comment": "\\u00e9"}',
        }
    )
    add(store, full)
    assert standing(store) == {key: [full]}
    with store.connect(read_only=True) as connection:
        assert reviews.last_events(connection, "review") == {full.response_id: full}
        assert reviews.last_events(connection, "adjudication") == {}


def test_the_last_event_of_a_response_stands_and_one_taken_back_does_not(tmp_path: Path) -> None:
    first, second, third = reviewed.candidates(tmp_path, 3)
    store = Store(tmp_path)
    ann, ben = reviewed.answer(first, "ann", "accept", 5), reviewed.answer(first, "ben", "accept", 1)
    other, gone = reviewed.answer(second, "ann", "accept"), reviewed.answer(third, "ann", "accept")
    add(store, ann, ben, other, gone)
    assert standing(store)[first] == [ben, ann]
    add(store, changed := edited(ann, '{"verdict": "reject"}'), withdrawn(gone, NOON))
    assert standing(store) == {first: [ben, changed], second: [other]}
    assert standing(store, second, third) == {second: [other]}
    with store.connect(read_only=True) as connection:
        assert reviews.last_events(connection, "review")[gone.response_id].event == "withdrawn"
        assert reviews.standing(connection, "review", []) == {}
    overview = made.query(store, "SELECT candidate_id, reviewer, verdict FROM review_overview ORDER BY ALL")
    assert sorted(overview) == sorted([(first, "ann", "reject"), (first, "ben", "accept"), (second, "ann", "accept")])
