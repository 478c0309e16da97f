"""What adjudicators are told: all that reviewers said, without their names, as text."""

from typing import Any

from curation.review.told import told
from schemas.review import Review
from tests.curation.review import answered
from tests.curation.review.answered import CORRECTED, marks, response
from tests.generation.wordings.worded import ROLLS, fobar


def answer(reviewer: str, **values: Any) -> Review:
    found = answered.read(response("c1", reviewer, **values))
    assert found
    return found


def test_all_that_was_said_is_told_without_names() -> None:
    found = fobar(ROLLS, "48")
    first = answer(
        "Annabel", verdict="correct", corrected_question=CORRECTED, corrected_answer="47", comment="a <b>\n# c"
    )
    second = answer("Benedict", verdict="reject", category="wrong_step", wrong_step=marks(found, [1]))
    third = answer("Cornelia", verdict="maybe")
    page = told([third, second, first], found)
    assert page == told([first, third, second], found)
    for name in ("Annabel", "Benedict", "Cornelia"):
        assert name not in page
    assert page.count("**Reviewer ") == 3
    for text in (
        ": Right with my corrections**",
        f"- Question: {CORRECTED}",
        "- Answer: 47",
        r"- Comment: a \<b\> \# c",
        ": Wrong**\n- A step is wrong (mark it)\n- Marked: ",
        ": no verdict**\n- Cannot count: verdict is 'maybe', which we do not ask",
    ):
        assert text in page, page
    assert told([], found) == ""
