"""Outcomes: all that answer must say the same, and it must be something that decides."""

import pytest

from curation.review.verdicts import DISAGREEMENT, outcome
from schemas.review import Review
from tests.curation.review import answered
from tests.curation.review.answered import ALSO_CORRECTED, CORRECTED, response
from tests.generation.wordings.worded import ROLLS, fobar

FOUND = fobar(ROLLS, "48")


def answers(*values: dict[str, str]) -> list[Review]:
    """One answer of each of ann, ben, cid."""
    given = [
        answered.read(response("c1", name, at, **each))
        for at, (name, each) in enumerate(zip(("ann", "ben", "cid"), values, strict=False))
    ]
    return [each for each in given if each]


def test_fewer_answers_than_needed_decide_nothing_whatever_they_say() -> None:
    for verdict in ("accept", "reject", "unsure", "maybe"):
        assert outcome(answers({"verdict": verdict}), 2, ROLLS, FOUND) is None
    assert outcome([], 1, ROLLS, FOUND) is None


def test_more_answers_than_needed_must_all_agree() -> None:
    agreed = [
        {"verdict": "reject", "category": "leak"},
        {"verdict": "reject"},
        {"verdict": "reject", "category": "other"},
    ]
    found = outcome(answers(*agreed), 2, ROLLS, FOUND)
    assert found
    assert (found.verdict, found.reason) == ("reject", "leak, other: ann and ben and cid")
    agreed[2] = {"verdict": "accept"}
    found = outcome(answers(*agreed), 2, ROLLS, FOUND)
    assert found
    assert (found.verdict, found.reason) == ("review", f"{DISAGREEMENT}: ann: reject, ben: reject, cid: accept")


def test_corrections_in_other_words_agree_and_the_first_is_made() -> None:
    both = answers(*({"verdict": "correct", "corrected_question": text} for text in (CORRECTED, ALSO_CORRECTED)))
    found = outcome(both, 2, ROLLS, FOUND)
    assert found
    assert found.made
    assert (found.verdict, found.reason, found.made.question) == ("reject", "corrected: ann and ben", CORRECTED)
    assert found.by == both[0]


@pytest.mark.parametrize(
    "spoilt",
    ["", "<script>", "What is x?", ROLLS.question, CORRECTED.replace("72", "73"), CORRECTED.replace("half", "twice")],
)
def test_a_correction_that_fails_a_check_decides_nothing(spoilt: str) -> None:
    given = answers({"verdict": "correct", "corrected_question": spoilt or " ", "corrected_answer": "48"})
    found = outcome(given, 1, ROLLS, FOUND)
    assert found
    assert (found.verdict, found.made) == ("review", None)
    assert found.reason.startswith(f"{DISAGREEMENT}: ")
