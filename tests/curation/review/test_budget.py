"""The order of the queue and what a budget buys: fewer errors than other orders leave, and as many as were expected."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.review.budget import budget, curve, order
from curation.review.probability import Estimates, estimate
from curation.store import Store
from tests.curation import made
from tests.curation.review import reviewed

State = tuple[Store, dict[str, bool], Estimates, list[str]]


def guessed(probability: dict[str, float]) -> Estimates:
    return Estimates(probability=probability, calibrated=False, labels=0, held_out=None, note="")


@pytest.fixture(scope="module", params=range(3))
def learnt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> State:
    """A store with a seventh of it reviewed: the truth, the estimates, and who waits, those with most doubts first."""
    store, right, _ = reviewed.truths(tmp_path_factory.mktemp("learnt"), 1200, request.param)
    chosen = sorted(right)[::7]
    reviewed.write(store, answers=reviewed.verdicts_of(right, chosen))
    with store.connect(read_only=True) as connection:
        estimates = estimate(connection, right)
    waiting = made.query(
        store, "SELECT candidate_id FROM candidate_overview WHERE decision = 'review' ORDER BY len(reasons) DESC, 1"
    )
    return store, right, estimates, [key for (key,) in waiting if key not in set(chosen)]


def left_wrong(right: dict[str, bool], estimates: Estimates, queue: list[str], rows: int) -> int:
    """Wrong decisions once the first rows are reviewed, and the others decided by what is likelier."""
    return sum((estimates.probability[key] >= 0.5) != right[key] for key in queue[rows:])


def test_the_order_leaves_fewer_errors_than_chance_and_than_the_checks_alone(learnt: State) -> None:
    store, right, estimates, by_checks = learnt
    with store.connect(read_only=True) as connection:
        queue = order(connection, estimates, by_checks)
    assert sorted(queue) == sorted(by_checks)
    at_random = [list(np.random.default_rng(draw).permutation(by_checks)) for draw in range(20)]
    for rows, of_random in ((200, 0.9), (400, 0.75), (600, 0.6)):
        ours = left_wrong(right, estimates, queue, rows)
        assert ours < of_random * np.mean([left_wrong(right, estimates, one, rows) for one in at_random])
        assert ours < left_wrong(right, estimates, by_checks, rows)


def test_a_budget_buys_what_was_expected_of_it(learnt: State) -> None:
    store, right, estimates, waiting = learnt
    with store.connect(read_only=True) as connection:
        queue = order(connection, estimates, waiting)
        bought = budget(connection, estimates, queue)
    accepted = [
        key for (key,) in made.query(store, "SELECT candidate_id FROM candidate_overview WHERE decision = 'accept'")
    ]
    assert [one.rows for one in bought][:5] == [0, 50, 100, 200, 500]
    assert bought[-1].rows == len(queue)
    for one in bought:
        held = accepted + [key for key in queue[: one.rows] if right[key]]
        held += [key for key in queue[one.rows :] if estimates.probability[key] >= 0.5]
        assert len(held) == pytest.approx(one.accepted, rel=0.03)
        assert np.mean([not right[key] for key in held]) == pytest.approx(one.error, abs=0.025)
        assert sum(right[key] for key in set(queue) - set(held)) == pytest.approx(one.missed, abs=25)
    assert bought[0].error > 1.5 * bought[-1].error


def test_a_curve_by_hand() -> None:
    none, all_four = curve([0.9], [0.5, 0.75, 0.2, 1.0])
    assert (none.rows, none.accepted, none.error) == (0, 4, pytest.approx((0.1 + 0.5 + 0.25) / 4))
    assert (none.missed, all_four.missed) == (pytest.approx(0.2), 0)
    assert (all_four.rows, all_four.accepted, all_four.error) == (4, pytest.approx(3.45), pytest.approx(0.1 / 3.45))
    after = curve([], [0.6] * 50 + [0.7] * 10, chosen=55)
    assert [one.rows for one in after] == [0, 50, 55, 60]
    assert (after[1].accepted, after[1].error) == (pytest.approx(40), pytest.approx(3 / 40))


@given(st.lists(st.floats(0, 1)), st.lists(st.floats(0, 1), max_size=300), st.integers(0, 400))
def test_reviewing_more_never_leaves_more_errors_nor_misses_more(
    accepted: list[float], queue: list[float], chosen: int
) -> None:
    bought = curve(accepted, queue, chosen)
    for less, more in pairwise(bought):
        assert more.error <= less.error + 1e-9
        assert more.missed <= less.missed + 1e-9


def test_nothing_accepted_and_nothing_waiting_is_no_error() -> None:
    (nothing,) = curve([], [])
    assert (nothing.rows, nothing.accepted, nothing.error) == (0, 0, 0)


def test_what_people_accepted_is_taken_to_be_right(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 2)
    store = Store(tmp_path)
    with store.connect() as connection:
        connection.execute(
            "INSERT INTO decisions VALUES (?, 'accept', ['accept: ann'], '', 'reviewer', now()::TIMESTAMP)", [keys[0]]
        )
        (nothing,) = budget(connection, guessed({keys[1]: 0.9}), [])
    assert (nothing.accepted, nothing.error) == (2, pytest.approx(0.05))


def test_the_most_uncertain_comes_first(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 5, outcome={"provenance": "undecided"})
    probability = dict(zip(keys, (0.05, 0.55, 0.9, 0.3, 0.65), strict=True))
    with Store(tmp_path).connect(read_only=True) as connection:
        assert order(connection, guessed(probability), keys) == [keys[n] for n in (1, 4, 3, 2, 0)]


def test_candidates_of_one_problem_do_not_follow_each_other_and_twins_come_late(tmp_path: Path) -> None:
    rows = [made.problem(number) for number in range(30)]
    store = made.ingested(tmp_path, *rows)
    doubt: made.Outcomes = {"provenance": "undecided"}
    twins = {}
    for kind in ("trace", "formalize"):
        made.derived(store, *(made.derivation(of, doubt, doubt, kind=kind) for of in rows))  # type: ignore[arg-type]
    found = made.query(store, "SELECT candidate_id, problem_id, condition_start FROM candidate_overview")
    twins = {key: (problem, start) for key, problem, start in found}
    assert len(twins) == 120
    with store.connect(read_only=True) as connection:
        queue = order(connection, guessed(dict.fromkeys(twins, 0.6)), twins)
    assert all(twins[one][0] != twins[next_one][0] for one, next_one in pairwise(queue))
    assert len({twins[key] for key in queue[:60]}) == 60  # none asks what another has asked
    assert len(set(queue)) == 120


def test_doubts_of_different_kinds_take_turns_where_they_are_worth_the_same(tmp_path: Path) -> None:
    rows = [made.problem(number) for number in range(40)]
    store = made.ingested(tmp_path, *rows)
    names = ("provenance", "unique_root")
    made.derived(
        store,
        *(made.derivation(of, {names[n < 10]: "undecided"}, conditions=[0]) for n, of in enumerate(rows)),  # type: ignore[dict-item]
    )
    doubts = dict(made.query(store, "SELECT candidate_id, split_part(reasons[1], ':', 1) FROM candidate_overview"))
    with store.connect(read_only=True) as connection:
        queue = order(connection, guessed(dict.fromkeys(doubts, 0.6)), doubts)
    assert [doubts[key] for key in queue[:20]].count("unique_root") == 10


def test_a_problem_that_alone_is_left_ends_the_queue(tmp_path: Path) -> None:
    of = made.problem(1)
    store = made.ingested(tmp_path, of)
    made.derived(store, made.derivation(of, {"provenance": "undecided"}, {"provenance": "undecided"}))
    keys = [key for (key,) in made.query(store, "SELECT candidate_id FROM candidate_overview")]
    with store.connect(read_only=True) as connection:
        assert sorted(order(connection, guessed(dict.fromkeys(keys, 0.6)), keys)) == sorted(keys)
