"""Error kinds: each rule on what it is for, and on real solutions whose steps people judged."""

import json
from fractions import Fraction
from typing import Any

import pytest

from schemas.failures import ErrorKind
from tests.data import data_file
from tests.training.failures.made import answered
from training.evaluation.grading import graded
from training.failures.claims import read_claims
from training.failures.error_kinds import error, error_shares
from training.solution import read

BACKWARD = {
    "kind": "backward",
    "question": "Ann has x clips, and Bob half as many. The answer is 72. What is x?",
    "gold": "48",
    "original_answer": "72",
    "reference": "x + x/2 = 72\nx = 72 / 1.5 = 48",
}


@pytest.mark.parametrize(
    ("kind", "completion", "more"),
    [
        ("no_answer", "They have clips and", {}),
        ("copied_original", "x + x/2 = 72\nThe answer is 72.", BACKWARD),
        ("arithmetic", "48 / 2 = 24\n48 + 24 = 71\nThe answer is 71.", {}),
        ("arithmetic", "48 / 2 = 24\nSo they have \\(48 + 24 = 71\\) clips.\nThe answer is 71.", {}),
        ("arithmetic", "x + x/2 = 72\n(3/2)*x = 72\nx = 72*2/3 = 46\nThe answer is 46.", BACKWARD),
        ("arithmetic", "x + x/2 = 72\n2*x = 72\nx = 36\nThe answer is 36.", BACKWARD),
        ("arithmetic", "Let x be it.\nx + 46 - 9 = x + 38\nThe answer is 4.", BACKWARD),
        ("wrong_relation", "48 * 2 = 96\n48 + 96 = 144\nThe answer is 144.", {}),
        ("wrong_relation", "x + 2*x = 72\n3*x = 72\nx = 24\nThe answer is 24.", BACKWARD),
        ("irrelevant_condition", "48 + 513 = 561\nThe answer is 561.", {}),
        ("irrelevant_condition", "6 + 7 = 13\nThe answer is 13.", {}),
        (
            "irrelevant_condition",
            "48 / 2 = 24\n24 + 19 = 43\nThe answer is 43.",
            {"question": "Ann, who is 19, has 48 clips, and Bob half as many. How many have they?"},
        ),
        ("no_calculation", "They have a few.\nThe answer is 7.", {}),
    ],
)
def test_each_kind_is_told_by_what_the_solution_writes(kind: ErrorKind, completion: str, more: dict[str, Any]) -> None:
    row = graded(answered("a", "undecided", completion=completion, answer=None, **more))
    found = error(row)
    assert found is not None
    assert (found.kind, bool(found.why)) == (kind, True)


def test_what_is_right_is_no_error_and_what_is_undecided_is_not_called_wrong() -> None:
    assert error(graded(answered("a"))) is None
    found = error(answered("a", "undecided", completion="5 + 5 = 11\nThe answer is a few.", answer="a few"))
    assert found is not None
    assert found.kind == "undecided"


@pytest.mark.parametrize(
    "line",
    [
        "10 / 3 = 3.33 each",
        "half of 30 + 20 = 35",
        "40% of 50 = 20",
        "2nd + 3 = 6th",
        "3 * 50 cents = $1.50",
        "90 + 30 = 2 hours",
        "3/2 = 1.50 + 3 = 4.50",
        "f(2) = 2^2 + 1 = 5",
        "P(A) = 1/2, and P(B) = 1/3",
        "4\\frac{1}{2} = 9/2",
        "- 5 + 3 = 8",
        "12 = 3 * 4 = 6 * 2",
        "Total = 5 + 3 = 8",
        "25% = 0.25 = 1/4",
        "x = 1 or x = 2",
        "7 r 1 = 15/2",
    ],
)
def test_no_line_is_called_false_by_a_mistake_of_the_reader(line: str) -> None:
    assert read_claims([line]).false == []


def test_hostile_text_is_read_within_its_bounds() -> None:
    for text in (
        "9^9^9^9 = 1",
        "(" * 5000 + "1 = 2",
        "1 + " * 5000 + "1 = 2",
        "= " * 9000,
        "\x00\ud800 1 + 1 = 3\n" * 5000,
    ):
        read_claims(text.split("\n"))
    assert read_claims(["2 + 2 = 4", "4 + 1 = 5"]).results >= {Fraction(4), Fraction(5)}


def test_real_solutions_that_people_found_right_have_no_false_calculation() -> None:
    rows = [json.loads(line) for line in data_file("process/processbench_gsm8k.jsonl").open(encoding="utf-8")]
    right = [row for row in rows if row["label"] < 0]
    wrong = [row for row in rows if row["label"] >= 0]
    assert [row["id"] for row in right if read_claims(row["steps"]).false] == []
    found = [row for row in wrong if read_claims(row["steps"]).false]
    before = [row["id"] for row in found if read_claims(row["steps"][: row["label"]]).false]
    assert len(found) >= 20
    assert before == []  # and none before the step that people found to be the first wrong one


def test_shares_are_of_all_questions() -> None:
    rows = [
        answered(str(n), "equal" if n < 60 else "unequal", completion="48 + 24 = 71\nThe answer is 71.")
        for n in range(80)
    ]
    (found,) = error_shares("this", [*rows, *(answered("s", "unequal", sample=1),)], 0)
    assert (found.run, found.error, found.answers, found.share.value) == ("this", "arithmetic", 20, 0.25)
    assert found.share.low < 0.25 < found.share.high
    assert read(rows[0].completion).answer == "71"
