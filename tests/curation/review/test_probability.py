"""P(correct): calibrated on unseen problems, blind to what people decided, and a marked guess without labels."""

import time
from pathlib import Path

import numpy as np
import pytest

from curation import decisions
from curation.review.calibration import calibration, expected_error
from curation.review.features import prior
from curation.review.probability import FEWEST_LABELS, FEWEST_PROBLEMS, Estimates, estimate
from curation.store import Store
from schemas.decision import Decision
from tests.curation import made
from tests.curation.review import reviewed

LABELLED = 600


def learnt(folder: Path, seed: int, *, problems: int = 900, labelled: int = LABELLED) -> tuple[Estimates, dict, dict]:  # type: ignore[type-arg]
    """The estimates for the candidates that nobody reviewed, with the truth of them and their true probabilities."""
    store, right, probability = reviewed.truths(folder, problems, seed)
    chosen = sorted(right)[:: max(len(right) // labelled, 1)][:labelled]
    reviewed.write(store, [reviewed.item(key) for key in chosen], reviewed.verdicts_of(right, chosen))
    unseen = [key for key in right if key not in set(chosen)]
    with store.connect(read_only=True) as connection:
        return estimate(connection, unseen), right, probability


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_calibrated_on_candidates_nobody_reviewed(seed: int, tmp_path: Path) -> None:
    estimates, right, truth = learnt(tmp_path, seed)
    assert estimates.calibrated
    assert estimates.labels == LABELLED
    keys = list(estimates.probability)
    predicted = np.array([estimates.probability[key] for key in keys])
    assert expected_error(np.array([right[key] for key in keys]), predicted) < 0.06
    assert np.mean(np.abs(predicted - np.array([truth[key] for key in keys]))) < 0.06
    held_out = estimates.held_out
    assert held_out
    assert held_out.calibration_error < 0.08
    assert held_out.brier < 0.85 * held_out.brier_of_share
    low, high = held_out.auc_interval
    assert 0.7 < low < held_out.auc < high < 0.97


def test_many_labels_are_calibrated_as_well(tmp_path: Path) -> None:
    estimates, right, _ = learnt(tmp_path, 7, labelled=1200)
    predicted = np.array(list(estimates.probability.values()))
    assert expected_error(np.array([right[key] for key in estimates.probability]), predicted) < 0.08
    assert 0 < predicted.min() < predicted.max() < 1


def test_the_same_store_gives_the_same_numbers_in_whatever_order_they_are_asked(tmp_path: Path) -> None:
    store, right, _ = reviewed.truths(tmp_path, 150, 1)
    reviewed.write(store, answers=reviewed.verdicts_of(right, list(right)[:200]))
    with store.connect(read_only=True) as connection:
        one = estimate(connection, sorted(right))
        other = estimate(connection, sorted(right, reverse=True))
    assert one == other
    assert one.calibrated


def test_what_people_decided_is_not_what_the_model_sees(tmp_path: Path) -> None:
    store, right, _ = reviewed.truths(tmp_path, 150, 1)
    labelled = list(right)[:200]
    reviewed.write(store, answers=reviewed.verdicts_of(right, labelled))
    with store.connect() as connection:
        before = estimate(connection, right)
        said = [
            Decision(candidate_id=key, verdict="reject", reasons=("leak: ann",), policy="", decided_by="reviewer")
            for key in right
        ]
        decisions.append(connection, said)
        assert estimate(connection, right) == before


@pytest.mark.parametrize(
    ("labelled", "verdict", "note"),
    [
        (FEWEST_LABELS - 1, "as it is", "there are 99"),
        (150, "accept", "a model takes wrong candidates of 20 problems, there are those of 0"),
        (150, "reject", "a model takes right candidates of 20 problems, there are those of 0"),
    ],
)
def test_without_labels_of_both_kinds_there_is_a_guess_that_says_so(
    labelled: int, verdict: str, note: str, tmp_path: Path
) -> None:
    store, right, _ = reviewed.truths(tmp_path, 100, 2)
    said = right if verdict == "as it is" else dict.fromkeys(right, verdict == "accept")
    reviewed.write(store, answers=reviewed.verdicts_of(said, list(right)[:labelled]))
    with store.connect(read_only=True) as connection:
        estimates = estimate(connection, right)
    assert (estimates.calibrated, estimates.held_out, estimates.labels) == (False, None, labelled)
    assert note in estimates.note
    rows = made.query(store, "SELECT candidate_id, decision, len(reasons) FROM candidate_overview")
    assert estimates.probability == {key: prior(decision, doubts) for key, decision, doubts in rows}


def test_the_guess_falls_with_each_doubt() -> None:
    assert prior("accept", 1) > prior("review", 1) > 0.5 > prior("review", 2) > prior("review", 3) > prior("reject", 1)


def test_candidates_that_the_store_has_not_are_left_out(tmp_path: Path) -> None:
    (key,) = reviewed.candidates(tmp_path, 1)
    with Store(tmp_path).connect(read_only=True) as connection:
        assert list(estimate(connection, ["0" * 16, key]).probability) == [key]
        assert estimate(connection, []).probability == {}


def test_thirty_thousand_candidates_take_seconds(tmp_path: Path) -> None:
    store, right, _ = reviewed.truths(tmp_path, 1500, 4)
    reviewed.write(store, answers=reviewed.verdicts_of(right, list(right)[:500]))
    with store.connect() as connection:
        for copied in range(9):
            connection.execute(f"""
                INSERT INTO candidates SELECT * REPLACE (candidate_id || '{copied}' AS candidate_id) FROM candidates
                WHERE length(candidate_id) = 16;
                INSERT INTO checks SELECT * REPLACE (candidate_id || '{copied}' AS candidate_id) FROM checks
                WHERE length(candidate_id) = 16;
            """)
        keys = [key for (key,) in connection.execute("SELECT candidate_id FROM candidates").fetchall()]
        assert len(keys) == 30_000
        start = time.process_time()
        assert len(estimate(connection, keys).probability) == 30_000
    assert time.process_time() - start < 15


def test_calibration_of_perfect_and_of_shifted_predictions() -> None:
    random = np.random.default_rng(0)
    predicted = random.random(20_000)
    right = random.random(20_000) < predicted
    groups = np.arange(20_000)
    fair = calibration(right, predicted, groups)
    assert fair.calibration_error < 0.01
    assert fair.brier == pytest.approx(1 / 6, abs=0.005)  # E[p(1 - p)] for uniform p
    assert fair.auc == pytest.approx(5 / 6, abs=0.01)
    assert fair.auc_interval[0] < fair.auc < fair.auc_interval[1]
    assert expected_error(right, np.clip(predicted + 0.1, 0, 1)) == pytest.approx(0.095, abs=0.01)


@pytest.mark.parametrize("rare", [True, False])
def test_just_enough_labels_make_a_model(rare: bool, tmp_path: Path) -> None:
    store, right, _ = reviewed.truths(tmp_path, 60, 5)
    problems = dict(made.query(store, "SELECT candidate_id, problem_id FROM candidates"))
    labelled = list(right)[:FEWEST_LABELS]
    of_rare = set(sorted({problems[key] for key in labelled})[:FEWEST_PROBLEMS])
    said = {key: rare == (problems[key] in of_rare) for key in labelled}
    reviewed.write(store, answers=reviewed.verdicts_of(said, said))
    with store.connect(read_only=True) as connection:
        assert estimate(connection, right).calibrated
