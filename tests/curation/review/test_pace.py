"""The time a review takes: from one answer to the next, breaks and edits left out."""

from pathlib import Path

import pytest

from curation.review.pace import BREAK_S, Pace, pace
from curation.store import Store
from tests.curation.review import reviewed


def times(folder: Path, *answers: tuple[str, float, str]) -> list[Pace]:
    """Events, each of a reviewer at a second, with a candidate of its own."""
    keys = reviewed.candidates(folder, len(answers), outcome={"provenance": "undecided"})
    store = Store(folder)
    events = [
        reviewed.answer(keys[n], name, "accept", at, event=event)  # type: ignore[arg-type]
        for n, (name, at, event) in enumerate(answers)
    ]
    reviewed.write(store, answers=events)
    with store.connect(read_only=True) as connection:
        return list(pace(connection))


def test_gaps_between_answers_are_times_and_longer_ones_are_breaks(tmp_path: Path) -> None:
    at = [0, 10, 30, 30 + BREAK_S, 31 + 2 * BREAK_S, 35 + 2 * BREAK_S]
    (ann,) = times(tmp_path, *(("ann", second, "submitted") for second in at))
    assert (ann.answers, ann.timed) == (6, 4)  # the first, and the one after a break, have none
    assert ann.median_s == 15
    assert ann.slow_s == pytest.approx(426)  # 20 + 0.7 * (600 - 20), interpolated


def test_reviewers_are_timed_apart_whatever_the_order_of_pulling(tmp_path: Path) -> None:
    ann, ben = times(
        tmp_path,
        ("ben", 100, "submitted"),
        ("ann", 50, "submitted"),
        ("ann", 0, "submitted"),
        ("ben", 103, "submitted"),
    )
    assert (ann.reviewer, ann.median_s, ben.reviewer, ben.median_s) == ("ann", 50, "ben", 3)


def test_an_edit_is_no_answer_and_ends_the_time_before_it(tmp_path: Path) -> None:
    (ann,) = times(tmp_path, ("ann", 0, "submitted"), ("ann", 100, "edited"), ("ann", 108, "submitted"))
    assert (ann.answers, ann.timed, ann.median_s) == (2, 1, 8)


def test_one_answer_has_no_time(tmp_path: Path) -> None:
    (ann,) = times(tmp_path, ("ann", 0, "submitted"))
    assert (ann.answers, ann.timed, ann.median_s, ann.slow_s) == (1, 0, None, None)
