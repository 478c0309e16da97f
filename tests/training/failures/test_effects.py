"""Effects: one that is there is found, none is found where there is none, and neither size nor number misleads."""

import random

import pytest

from schemas.evaluation import Answered, Facts
from tests.training.failures.made import answered
from training.failures.effects import effects


def run(seed: int, size: int = 300, lost: float = 0.0) -> list[Answered]:
    """Answers of which 60% are right; of those with four steps `lost` fewer. Facts are of the question alone."""
    draw, facts = random.Random(seed), random.Random(99)
    rows = []
    for number in range(size):
        of = Facts(
            steps=facts.randint(1, 6),
            operations=facts.randint(1, 6),
            topic=facts.choice("abcdef"),
            level=facts.choice("12345"),
            condition_kind=facts.choice(("money", "percent", "integer")),
            condition_position=facts.random(),
        )
        right = draw.random() < 0.6 - lost * (of.steps == 4)
        rows.append(answered(str(number), "equal" if right else "unequal", of))
    return rows


def test_the_difference_and_the_p_value_are_those_worked_by_hand() -> None:
    facts = [Facts(topic="a" if number < 40 else "b") for number in range(80)]
    this = [answered(str(n), "equal" if n % 40 < 30 else "unequal", each) for n, each in enumerate(facts)]
    other = [answered(str(n), "equal" if n < 20 or 40 <= n < 70 else "unequal", each) for n, each in enumerate(facts)]
    first, second = effects(this, {"old": other}, 0)
    assert (first.name, first.other, first.this_value, first.other_value) == ("a", "old", 0.75, 0.5)
    assert (first.only_this, first.only_other, first.test) == (10, 0, "mcnemar")
    assert first.difference.value == 0.25
    assert first.p_value == pytest.approx(2 * 0.5**10)
    assert first.adjusted_p_value == pytest.approx(2 * 2 * 0.5**10)  # Holm: the smaller of two
    assert first.beyond is not None
    assert first.beyond.value == 0.25  # nothing differs in the rest
    assert (first.verdict, second.verdict) == ("helps", "not_told")
    assert second.difference.value == 0
    assert second.difference.low == -second.difference.high < 0  # no difference was seen, which is not none


def test_a_slice_that_is_hurt_is_found_and_the_others_are_not_blamed() -> None:
    found = effects(run(1, 900, lost=0.35), {"old": run(2, 900)}, 0)
    hurt = [(each.axis, each.name) for each in found if each.verdict == "hurts"]
    assert hurt == [("steps", "4")]
    (effect,) = (each for each in found if each.verdict == "hurts")
    assert effect.difference.low < -0.35 + 0.12
    assert effect.difference.high < 0
    assert effect.beyond is not None
    assert effect.beyond.high < 0
    assert not [each for each in found if each.verdict == "helps"]


def test_of_two_runs_that_are_alike_hardly_any_analysis_claims_a_difference() -> None:
    claims, low_p, tests = 0, 0, 0
    for seed in range(25):
        found = effects(run(2 * seed), {"old": run(2 * seed + 1)}, 0)
        claims += any(each.verdict != "not_told" for each in found)
        low_p += sum(each.p_value <= 0.05 for each in found)
        tests += len(found)
    assert tests >= 25 * 25
    assert low_p > 10  # single tests would claim dozens of differences that are not there
    assert claims <= 4  # at most 1.25 are expected at 5%, and more than four hardly ever


def test_only_questions_that_both_runs_were_asked_are_compared() -> None:
    this, other = run(1, 200), run(2, 300)[100:]
    found = [each for each in effects(this, {"old": other}, 0) if each.axis == "condition_kind"]
    assert 0 < sum(each.difference.n for each in found) <= 100


def test_questions_of_one_problem_are_tested_together() -> None:
    def of(right: bool) -> list[Answered]:
        return [
            answered(f"{topic}{n}", "equal" if right else "unequal", Facts(topic=topic), problem_id=f"{topic}{n // 5}")
            for topic in "ab"
            for n in range(100)
        ]

    found = effects(of(True), {"old": of(False)}, 0)
    assert {each.test for each in found} == {"permutation"}
    assert {each.problems for each in found} == {20}
    assert all(each.verdict == "helps" and each.difference.low < 1 for each in found)
