"""Features: what a BackPRM says is among them, and P(correct) learns from it where it tells right from wrong."""

from pathlib import Path

import numpy as np
import pytest

from curation import backprm
from curation.backprm import Scored
from curation.review.features import KINDS, SIZES, features
from curation.review.probability import estimate
from curation.store import Store
from schemas.check import Check
from tests.curation.review import reviewed

QUESTION, LOWEST = (len(KINDS) + SIZES.index(name) for name in ("backprm_question", "backprm_lowest"))


def scored(store: Store, scores: dict[str, list[float]], model: str = "m") -> None:
    check = Check(name="backprm", outcome="undecided", reason="", elapsed_ms=0)
    with store.connect() as connection:
        backprm.add(connection, "run", model, [Scored(key, each, check) for key, each in scores.items()])


def test_scores_are_log_odds_the_last_model_holds_and_none_says_nothing(tmp_path: Path) -> None:
    store, right, _ = reviewed.truths(tmp_path, 3, 0)
    first, second, third, fourth, *_ = sorted(right)
    scored(store, {first: [0.1, 0.1], second: [0.5], third: [1.0, 0.0, float("nan")]})
    scored(store, {first: [0.8, 0.9, 0.75]}, "other")
    with store.connect(read_only=True) as connection:
        found = features(connection, right).of([first, second, third, fourth])[:, [QUESTION, LOWEST]].astype(float)
    most = np.log(999)
    assert found == pytest.approx(np.array([[np.log(4), np.log(3)], [0, 0], [most, -most], [0, 0]]))


@pytest.mark.parametrize("seed", range(2))
def test_a_model_that_tells_right_from_wrong_makes_the_order_better(seed: int, tmp_path: Path) -> None:
    store, right, _ = reviewed.truths(tmp_path, 300, seed)
    reviewed.write(store, answers=reviewed.verdicts_of(right, sorted(right)))
    with store.connect(read_only=True) as connection:
        without = estimate(connection, right).held_out
    random = np.random.default_rng(seed)
    draw = {key: 1 / (1 + np.exp(-random.normal(1.5 if is_right else -1.5))) for key, is_right in right.items()}
    scored(store, {key: [float(value)] for key, value in draw.items()})
    with store.connect(read_only=True) as connection:
        held_out = estimate(connection, right).held_out
    assert without
    assert held_out
    assert held_out.auc > without.auc_interval[1]
