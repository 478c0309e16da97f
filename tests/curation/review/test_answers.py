"""What is known of a candidate from the answers to it."""

from pathlib import Path

import pytest

from curation.review.answers import LABELS, unusable
from curation.review.items import note_needed
from curation.store import Store
from schemas.review import Review
from tests.curation import made
from tests.curation.review.reviewed import answer, candidates, item, write


def known(store: Store, key: str) -> bool | None:
    found = made.query(store, f"SELECT is_right FROM ({LABELS}) WHERE candidate_id = ?", key)
    return found[0][0] if found else None


def says(key: str, verdicts: str, adjudicator: str = "") -> list[Review]:
    """An answer of a reviewer each, and the adjudicator's."""
    written = {"a": "accept", "c": "correct", "r": "reject", "u": "unsure"}
    answers = [answer(key, f"r{n}", written[one]) for n, one in enumerate(verdicts)]  # type: ignore[arg-type]
    return answers + [answer(key, "judge", written[one], n, stage="adjudication") for n, one in enumerate(adjudicator)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdicts", "adjudicator", "is_right"),
    [
        ("a", "", True),
        ("r", "", False),
        ("c", "", False),  # as it stands, it was wrong
        ("u", "", None),
        ("ar", "", None),
        ("aar", "", True),
        ("arc", "", False),
        ("au", "", True),
        ("aa", "r", False),
        ("ar", "a", True),
        ("ar", "u", None),
        ("rr", "u", False),
    ],
)
def test_the_adjudicator_comes_before_the_majority(
    verdicts: str, adjudicator: str, is_right: bool | None, tmp_path: Path
) -> None:
    (key,) = candidates(tmp_path, 1, outcome={"provenance": "undecided"})
    write(Store(tmp_path), [item(key)], says(key, verdicts, adjudicator))
    assert known(Store(tmp_path), key) is is_right


def test_a_known_answer_comes_before_all_that_is_said(tmp_path: Path) -> None:
    (key,) = candidates(tmp_path, 1)
    write(Store(tmp_path), [item(key, "gold", gold="reject")], says(key, "aa"))
    assert known(Store(tmp_path), key) is False


def test_what_cannot_count_or_was_taken_back_says_nothing(tmp_path: Path) -> None:
    keys = candidates(tmp_path, 2)
    store = Store(tmp_path)
    write(
        store,
        [item(key) for key in keys],
        [
            answer(keys[0], "ann", "accept", unusable="the correction is empty"),
            answer(keys[1], "ann", "accept"),
            answer(keys[1], "ann", None, 9, event="withdrawn"),
        ],
    )
    assert [known(store, key) for key in keys] == [None, None]
    with store.connect(read_only=True) as connection:
        (counted,) = unusable(connection)
    assert (counted.reviewer, counted.reason, counted.answers) == ("ann", "the correction is empty", 1)


def test_of_two_answers_of_one_reviewer_the_later_counts(tmp_path: Path) -> None:
    (key,) = candidates(tmp_path, 1)
    first = answer(key, "ann", "reject")
    again = answer(key, "ann", "accept", 60).model_copy(update={"response_id": "of another dataset"})
    write(Store(tmp_path), [item(key)], [again, first])
    assert known(Store(tmp_path), key) is True


def test_a_candidate_that_needs_more_answers_is_not_known_yet(tmp_path: Path) -> None:
    (key,) = candidates(tmp_path, 1)
    store = Store(tmp_path)
    write(store, [item(key)], [answer(key, "ann", "reject")])
    with store.connect() as connection:
        note_needed(connection, "review", 2)
    assert known(store, key) is None
    write(store, [], [answer(key, "bob", "reject")])
    assert known(store, key) is False
