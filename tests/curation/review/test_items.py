"""Items: known by candidate and stage, noted when Argilla has them, and queued again where it lost them."""

from pathlib import Path

from curation.review import items
from curation.store import Store
from tests.curation.review import answered, reviewed
from tests.curation.review.answered import response


def unpushed(store: Store) -> set[str]:
    with store.connect(read_only=True) as connection:
        return {each.candidate_id for each in items.unpushed(connection, "review")}


def test_items_come_back_as_they_were(tmp_path: Path) -> None:
    first, second = reviewed.candidates(tmp_path, 2)
    store = Store(tmp_path)
    asked = [
        reviewed.item(first, "gold", gold="reject", gold_category="leak"),
        reviewed.item(second, probability=0.25, suggested="accept"),
    ]
    reviewed.write(store, asked)
    reviewed.write(store, [reviewed.item(first, "disagreement", stage="adjudication")])
    with store.connect(read_only=True) as connection:
        assert sorted(items.unpushed(connection, "review"), key=str) == sorted(asked, key=str)
        assert [each.kind for each in items.unpushed(connection, "adjudication")] == ["disagreement"]


def test_what_was_pushed_waits_no_more_and_what_was_lost_does_unless_people_decided_it(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 4, outcome={"provenance": "undecided"})
    store = Store(tmp_path)
    reviewed.write(store, [reviewed.item(key) for key in keys])
    with store.connect() as connection:
        items.mark_pushed(connection, "review", keys[:3])
        assert items.count_pushed(connection, "review") == 3
        assert items.count_pushed(connection, "adjudication") == 0
    assert unpushed(store) == {keys[3]}
    answered.pull(store, response(keys[0], "ann", verdict="accept"))
    with store.connect() as connection:
        assert items.mark_lost(connection, "review", [keys[1]]) == 1
    assert unpushed(store) == {keys[2], keys[3]}
    with store.connect() as connection:
        assert items.mark_lost(connection, "review", [keys[1]]) == 0


def test_a_gold_question_that_was_lost_is_asked_again(tmp_path: Path) -> None:
    (key,) = reviewed.candidates(tmp_path, 1)
    store = Store(tmp_path)
    reviewed.write(store, [reviewed.item(key, "gold", gold="accept")])
    with store.connect() as connection:
        items.mark_pushed(connection, "review", [key])
        assert items.mark_lost(connection, "review", []) == 1
    assert unpushed(store) == {key}
