"""Rubber stamps: found where suggestions are followed more often than they are right, and not where they are not."""

from pathlib import Path

import numpy as np
import pytest

from curation.review.suggestions import Following, following, holm
from curation.store import Store
from schemas.review import ReviewVerdict
from tests.curation.review import reviewed

RIGHT = 0.8
"""How often suggestions are right."""


def opposite(verdict: ReviewVerdict) -> ReviewVerdict:
    return "reject" if verdict == "accept" else "accept"


def worked(folder: Path, seed: int, stamps: float, *, blind: int = 120, shown: int = 240) -> list[Following]:
    """Ann knows the truth, and so does Ben, but for a share of the suggestions shown, which he takes as they are."""
    random = np.random.default_rng(seed)
    keys = reviewed.candidates(folder, blind + shown, outcome={"provenance": "undecided"})
    suggested: list[ReviewVerdict] = ["accept" if drawn else "reject" for drawn in random.random(len(keys)) < 0.6]
    truth = [
        one if drawn < RIGHT else opposite(one) for one, drawn in zip(suggested, random.random(len(keys)), strict=True)
    ]
    asked = [
        reviewed.item(
            key,
            blind=n < blind,
            probability=0.9 if suggested[n] == "accept" else 0.1,
            suggested=None if n < blind else suggested[n],
        )
        for n, key in enumerate(keys)
    ]
    answers = [reviewed.answer(key, "ann", truth[n], 30 * n) for n, key in enumerate(keys)]
    for n, key in enumerate(keys):
        taken = n >= blind and random.random() < stamps
        answers.append(reviewed.answer(key, "ben", suggested[n] if taken else truth[n], 5 * n))
    reviewed.write(Store(folder), asked, answers)
    with Store(folder).connect(read_only=True) as connection:
        return list(following(connection))


@pytest.mark.parametrize("seed", range(3))
def test_who_takes_suggestions_as_they_are_is_found_and_who_looks_is_not(seed: int, tmp_path: Path) -> None:
    ann, ben = worked(tmp_path, seed, stamps=1)
    assert (ann.reviewer, ann.rubber_stamps) == ("ann", False)
    assert (ben.reviewer, ben.rubber_stamps) == ("ben", True)
    assert ben.followed == ben.shown == 240
    assert ben.blind == ann.blind == 120
    assert ben.right / ben.blind == pytest.approx(RIGHT, abs=0.1)


def test_nobody_is_accused_where_all_look(tmp_path: Path) -> None:
    accused = [
        one.rubber_stamps
        for seed in range(8)
        for one in worked(tmp_path / str(seed), seed, stamps=0, blind=40, shown=60)
    ]
    assert accused == [False] * 16


def test_who_is_led_a_little_is_no_rubber_stamp(tmp_path: Path) -> None:
    _, ben = worked(tmp_path, 3, stamps=0.3, blind=600, shown=2400)
    assert ben.p_value is not None
    assert ben.p_value < 0.01
    assert not ben.rubber_stamps


def test_too_few_blind_answers_accuse_nobody(tmp_path: Path) -> None:
    ann, ben = worked(tmp_path, 1, stamps=1, blind=5)
    assert (ann.p_value, ben.p_value, ben.rubber_stamps) == (None, None, False)
    assert (ben.shown, ben.followed, ben.blind) == (240, 240, 5)


def test_a_blind_row_about_which_nothing_would_be_suggested_is_no_control(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 3, outcome={"provenance": "undecided"})
    store = Store(tmp_path)
    asked = [
        reviewed.item(keys[0], blind=True, probability=0.6),
        reviewed.item(keys[1], "audit", probability=0.97),
        reviewed.item(keys[2], blind=False, probability=0.9, suggested="accept"),
    ]
    reviewed.write(store, asked, [reviewed.answer(key, "ann", "accept") for key in keys])
    with store.connect(read_only=True) as connection:
        (ann,) = following(connection)
    assert (ann.shown, ann.followed, ann.blind, ann.right) == (1, 1, 0, 0)


def test_p_values_are_corrected_for_their_number() -> None:
    # Holm 1979 on four values: times 4, 3, 2, 1 in rising order, none below one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
