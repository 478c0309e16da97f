"""Agreement of reviewers: alpha as published and as the library has it, its intervals, groups, and too few answers."""

import time
from collections.abc import Callable
from pathlib import Path

import krippendorff
import numpy as np
import pytest

from curation.review.agreement import FEWEST_CANDIDATES, agreement, alpha_of, measure, pair_sums, unit_sums
from curation.store import Store
from schemas.review import ReviewVerdict
from tests.curation import made
from tests.curation.review import reviewed

# Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011: the values that observers gave to units, 0 for none.
TWO_OBSERVERS_BINARY = [[2, 1, 1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 1, 1, 2, 1, 2, 1, 1]]
TWO_OBSERVERS = [[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]]
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]


def counts_of(observers: list[list[int]]) -> np.ndarray:
    """How often each value was given to each unit, those left out that fewer than two observers saw."""
    values = np.array(observers)
    counts = np.stack([(values == value).sum(axis=0) for value in range(1, 6)], axis=1).astype(float)
    return counts[counts.sum(axis=1) > 1]


def random_counts(units: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.stack([random.multinomial(random.integers(2, 6), random.dirichlet(np.ones(4))) for _ in range(units)])


@pytest.mark.parametrize(
    ("observers", "alpha"), [(TWO_OBSERVERS_BINARY, 0.095), (TWO_OBSERVERS, 0.692), (FOUR_OBSERVERS, 0.743)]
)
def test_alpha_is_that_of_krippendorffs_examples(observers: list[list[int]], alpha: float) -> None:
    assert alpha_of(unit_sums(counts_of(observers)).sum(axis=0)) == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_that_of_the_library_also_of_resampled_units(seed: int) -> None:
    counts = random_counts(60, seed)
    drawn = np.random.default_rng(seed).integers(0, 60, size=60)
    for chosen in (counts, counts[drawn]):
        expected = krippendorff.alpha(value_counts=chosen, level_of_measurement="nominal")
        assert alpha_of(unit_sums(chosen.astype(float)).sum(axis=0)) == pytest.approx(expected, abs=1e-12)
    weights = np.bincount(drawn, minlength=60)
    assert alpha_of(weights @ unit_sums(counts.astype(float))) == pytest.approx(expected, abs=1e-12)


def test_one_reviewer_with_the_others_is_alpha_of_the_pairs_as_units() -> None:
    random = np.random.default_rng(3)
    others = random_counts(60, 3).astype(float)
    own = np.eye(4)[random.integers(0, 4, size=60)]
    pairs = [
        mine + np.eye(4)[value]
        for mine, theirs in zip(own, others, strict=True)
        for value in range(4)
        for _ in range(int(theirs[value]))
    ]
    expected = krippendorff.alpha(value_counts=np.array(pairs), level_of_measurement="nominal")
    assert alpha_of(pair_sums(own, others).sum(axis=0)) == pytest.approx(expected, abs=1e-12)


def test_the_interval_of_alpha_holds_the_true_one_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(11)
    kinds = np.array([[2, 0], [0, 2], [1, 1]], dtype=float)
    shares = [0.6, 0.25, 0.15]
    truth = alpha_of(np.array(shares) @ unit_sums(kinds) * 1e9)
    held = []
    for _ in range(200):
        found = measure("", unit_sums(kinds[random.choice(3, size=200, p=shares)])).alpha_interval
        assert found
        held.append(found[0] <= truth <= found[1])
    assert np.mean(held) == pytest.approx(0.95, abs=0.045)


def test_too_few_candidates_give_no_number_and_say_so() -> None:
    few = measure("all", unit_sums(random_counts(FEWEST_CANDIDATES - 1, 1).astype(float)))
    assert (few.alpha, few.agreeing, few.alpha_interval) == (None, None, None)
    assert few.note == "too few: 19 with two answers, 20 are needed"
    assert measure("all", unit_sums(random_counts(FEWEST_CANDIDATES, 1).astype(float))).alpha is not None


def test_answers_that_are_all_the_same_have_no_alpha_and_no_interval_that_was_made_up() -> None:
    same = measure("all", unit_sums(np.tile([2.0, 0.0], (50, 1))))
    assert (same.agreeing, same.agreeing_interval, same.alpha, same.alpha_interval) == (1.0, None, None, None)
    assert "all answers are the same" in same.note


def asked_twice(folder: Path, count: int = 40) -> tuple[Store, list[str]]:
    keys = reviewed.candidates(folder, count, outcome={"provenance": "undecided"})
    store = Store(folder)
    reviewed.write(store, [reviewed.item(key) for key in keys])
    return store, keys


def verdicts(
    store: Store, *said: tuple[str, Callable[[int], ReviewVerdict]], keys: list[str], hours: float = 1
) -> None:
    """Each reviewer's verdict on each candidate, so many hours after the one before."""
    for reviewer, verdict in said:
        answers = [reviewed.answer(key, reviewer, verdict(n), n * hours * 3600) for n, key in enumerate(keys)]
        reviewed.write(store, answers=answers)


def test_groups_are_told_apart(tmp_path: Path) -> None:
    store, keys = asked_twice(tmp_path)
    more = reviewed.candidates(tmp_path, 30, source="math", outcome={"provenance": "undecided"})
    reviewed.write(store, [reviewed.item(key) for key in more])
    verdicts(store, ("ann", lambda n: "accept" if n % 2 else "reject"), keys=[*keys, *more])
    verdicts(store, ("ben", lambda n: "accept" if n % 2 else "reject"), keys=keys)
    verdicts(store, ("eve", lambda n: "accept" if n % 4 < 2 else "reject"), keys=more)
    with store.connect(read_only=True) as connection:
        found = agreement(connection, "verdict")
    assert (found.overall.candidates, found.overall.pairs) == (70, 70)
    assert {one.group: one.agreeing for one in found.sources} == {"gsm8k": 1.0, "math": 0.5}
    assert {one.group: one.agreeing for one in found.reviewers} == {
        "ann": pytest.approx(55 / 70),
        "ben": 1.0,
        "eve": 0.5,
    }
    assert [one.group for one in found.formulas] == ["trace"]
    assert found.period == "day"
    assert found.periods[0].group == "2026-03-02"
    assert [(one.candidates, one.alpha is None) for one in found.periods] == [
        (12, True),
        (24, False),
        (24, False),
        (10, True),
    ]


def test_a_long_time_is_told_by_weeks_from_monday(tmp_path: Path) -> None:
    store, keys = asked_twice(tmp_path, 100)
    verdicts(store, ("ann", lambda n: "accept"), ("ben", lambda n: "accept" if n % 3 else "reject"), keys=keys, hours=6)
    with store.connect(read_only=True) as connection:
        found = agreement(connection, "verdict")
    assert found.period == "week"
    assert [one.group for one in found.periods] == ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    assert sum(one.candidates for one in found.periods) == 100


def test_what_cannot_count_is_left_out(tmp_path: Path) -> None:
    store, keys = asked_twice(tmp_path)
    verdicts(store, ("ann", lambda n: "accept" if n % 2 else "reject"), keys=keys)
    verdicts(store, ("ben", lambda n: "accept" if n % 2 else "reject"), keys=keys)
    noise = [
        *(reviewed.answer(key, "nil", "unsure", unusable="the answer is empty") for key in keys),
        *(reviewed.answer(key, "jim", "unsure", stage="adjudication") for key in keys),
        *(reviewed.answer(key, "tom", "unsure") for key in keys),
        *(reviewed.answer(key, "tom", None, 60, event="withdrawn") for key in keys),
    ]
    reviewed.write(store, answers=noise)
    with store.connect(read_only=True) as connection:
        found = agreement(connection, "verdict")
        categories = agreement(connection, "category")
    assert (found.overall.pairs, found.overall.agreeing, found.overall.alpha) == (40, 1.0, 1.0)
    assert [one.group for one in found.reviewers] == ["ann", "ben"]
    assert categories.overall.candidates == 0


def test_an_edited_answer_counts_as_it_stands(tmp_path: Path) -> None:
    store, keys = asked_twice(tmp_path)
    verdicts(store, ("ann", lambda n: "accept" if n % 2 else "reject"), ("ben", lambda n: "unsure"), keys=keys)
    edits = [
        reviewed.answer(key, "ben", "accept" if n % 2 else "reject", 99, event="edited") for n, key in enumerate(keys)
    ]
    reviewed.write(store, answers=edits)
    with store.connect(read_only=True) as connection:
        assert agreement(connection, "verdict").overall.agreeing == 1.0


def test_ten_thousand_candidates_take_seconds() -> None:
    counts = random_counts(10_000, 9).astype(float)
    start = time.process_time()
    found = measure("all", unit_sums(counts))
    assert found.alpha_interval
    assert time.process_time() - start < 2


def test_a_store_without_reviews_has_nothing_to_say(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    with store.connect(read_only=True) as connection:
        found = agreement(connection, "verdict")
    assert (found.overall.candidates, found.sources, found.periods) == (0, (), ())
