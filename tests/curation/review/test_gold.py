"""Gold questions: what counts as right, and what does not count at all."""

from pathlib import Path

import pytest

from curation.review.gold import accuracy
from curation.review.interval import wilson
from curation.store import Store
from tests.curation.review import reviewed


def test_a_verdict_is_right_exactly_or_on_its_side_and_unsure_is_neither(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 5)
    store = Store(tmp_path)
    known = ("accept", "reject", "reject", "correct", "accept")
    reviewed.write(store, [reviewed.item(key, "gold", gold=verdict) for key, verdict in zip(keys, known, strict=True)])
    said = ("accept", "correct", "accept", "unsure", "accept")
    reviewed.write(store, answers=[reviewed.answer(key, "ann", one) for key, one in zip(keys, said, strict=True)])
    with store.connect(read_only=True) as connection:
        (ann,) = accuracy(connection)
    assert (ann.answers, ann.exact, ann.two_way) == (5, 2, 3)
    assert ann.exact_interval == wilson(2, 5)
    assert ann.two_way_interval == wilson(3, 5)


def test_categories_count_where_one_is_known_and_one_was_given(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 4)
    store = Store(tmp_path)
    asked = [reviewed.item(key, "gold", gold="reject", gold_category="leak") for key in keys[:3]]
    reviewed.write(store, [*asked, reviewed.item(keys[3], "gold", gold="reject")])
    reviewed.write(
        store,
        answers=[
            reviewed.answer(keys[0], "ann", "reject", category="leak"),
            reviewed.answer(keys[1], "ann", "reject", category="other"),
            reviewed.answer(keys[2], "ann", "accept"),
            reviewed.answer(keys[3], "ann", "reject", category="other"),
        ],
    )
    with store.connect(read_only=True) as connection:
        (ann,) = accuracy(connection)
    assert (ann.category_answers, ann.category_right) == (2, 1)


@pytest.mark.parametrize("kind", ["doubt", "audit"])
def test_other_questions_and_answers_that_cannot_count_are_left_out(kind: str, tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 2)
    store = Store(tmp_path)
    reviewed.write(store, [reviewed.item(keys[0], kind), reviewed.item(keys[1], "gold", gold="accept")])  # type: ignore[arg-type]
    reviewed.write(
        store,
        answers=[
            reviewed.answer(keys[0], "ann", "accept"),
            reviewed.answer(keys[1], "ann", "reject", unusable="empty"),
        ],
    )
    with store.connect(read_only=True) as connection:
        assert accuracy(connection) == ()
