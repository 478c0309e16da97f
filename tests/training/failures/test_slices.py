"""Slices: which questions are in which, what they come to, and no interval that its size does not bear."""

import pytest

from schemas.evaluation import Facts
from tests.training.failures.made import answered
from training.failures.slices import LEAST_PROBLEMS, large, parts, slices


def test_a_slice_has_the_share_of_its_own_questions_that_is_right() -> None:
    rows = [
        answered(f"{steps}-{number}", "equal" if number < right else "unequal", Facts(steps=steps))
        for steps, right in ((2, 30), (3, 10))
        for number in range(40)
    ]
    (part,) = parts(rows)
    found = {each.name: each for each in slices(part, 0)}
    assert {name: each.accuracy.value for name, each in found.items()} == {"2": 0.75, "3": 0.25}
    assert [each.accuracy.n for each in found.values()] == [40, 40]
    normal = 1.96 * (0.75 * 0.25 / 40) ** 0.5
    assert found["2"].accuracy.low == pytest.approx(0.75 - normal, abs=0.03)
    assert found["2"].accuracy.high == pytest.approx(0.75 + normal, abs=0.03)


def test_the_interval_counts_problems_not_the_questions_made_of_them() -> None:
    def width(questions_a_problem: int) -> float:
        rows = [
            answered(
                f"{topic}-{number}",
                "equal" if (number // questions_a_problem) % 2 else "unequal",
                Facts(topic=topic),
                problem_id=f"{topic}-{number // questions_a_problem}",
            )
            for topic in "ab"
            for number in range(240)
        ]
        accuracy = slices(parts(rows)[0], 0)[0].accuracy
        return accuracy.high - accuracy.low

    assert width(4) == pytest.approx(2 * width(1), rel=0.15)


def test_small_slices_are_left_out_and_one_that_is_all_right_is_not_certain() -> None:
    rows = [answered(f"a{number}", facts=Facts(topic="a")) for number in range(LEAST_PROBLEMS)]
    rows += [answered(f"b{number}", facts=Facts(topic="b")) for number in range(LEAST_PROBLEMS - 1)]
    (part,) = parts(rows)
    assert [cell.name for cell in large(part)] == ["a"]
    (found,) = slices(part, 0)
    assert (found.accuracy.value, found.accuracy.high) == (1.0, 1.0)
    assert 0.8 < found.accuracy.low < 0.9  # Wilson, 20 of 20


def test_every_fact_has_its_slices_in_the_order_of_what_it_counts() -> None:
    facts = [
        Facts(
            steps=each,
            operations=2 * each,
            largest_number=10.0**each,
            condition_kind="number_word" if each % 2 else "money",
            condition_position=each / 12,
            topic=f"t{each % 2}",
            level=None if each % 2 else "5",
            answer_type="integer" if each % 2 else "decimal",
        )
        for each in range(12)
    ]
    (part,) = parts([answered(str(number), facts=each) for number, each in enumerate(facts)])
    names: dict[str, list[str]] = {}
    for cell in part.members:
        names.setdefault(cell.axis, []).append(cell.name)
    assert names["steps"] == [*map(str, range(8)), "8 and more"]
    assert names["largest_number"][:3] == ["below 10", "10 to 100", "100 to 1,000"]
    assert names["largest_number"][-1] == "millions"
    assert names["condition_kind"] == ["money", "number word"]
    assert names["condition_position"] == ["first third", "second third", "last third"]
    assert names["level"] == ["5"]  # the others are of no level that is known
    assert len(names) == 8


def test_an_axis_on_which_all_are_alike_and_samples_that_are_not_greedy_are_no_slices() -> None:
    rows = [answered(str(number), facts=Facts(steps=2), sample=number % 2) for number in range(100)]
    (part,) = parts(rows)
    assert len(part.rows) == 50
    assert part.members == {}
    assert slices(part, 0) == []
