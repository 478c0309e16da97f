"""Reading responses: each change is one event, and an answer that makes no sense says why."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.review.reading import MAX_TEXT
from curation.review.record import step_spans
from schemas.review import Review
from tests.curation.review.answered import CORRECTED, NOON, marks, read, response
from tests.generation.wordings.worded import ROLLS, fobar

FOUND = fobar(ROLLS, "48")
STEPS = len(FOUND.solution)


def answer(**values: Any) -> Review:
    """The event of a submitted response."""
    found = read(response("c1", "ann", **values))
    assert found
    return found


def test_an_answer_is_read_whole() -> None:
    found = answer(
        verdict="correct",
        category="unnatural",
        corrected_question=f" {CORRECTED}\n",
        corrected_answer="48.0",
        comment=" It reads badly. ",
    )
    assert (found.event, found.reviewer, found.candidate_id, found.stage) == ("submitted", "ann", "c1", "review")
    assert (found.verdict, found.category, found.unusable) == ("correct", "unnatural", "")
    assert (found.corrected_question, found.corrected_answer, found.comment) == (CORRECTED, "48.0", "It reads badly.")
    assert found.answered_at == NOON
    assert json.loads(found.raw)["corrected_question"] == f" {CORRECTED}\n"


def test_a_question_that_is_offered_and_left_as_it_is_is_no_correction() -> None:
    spaced = FOUND.question.replace(" ", "  ")
    for text in (FOUND.question, spaced, f"\n{FOUND.question} ", "", "  "):
        found = answer(verdict="accept", corrected_question=text, corrected_answer=" 48 ")
        assert (found.corrected_question, found.corrected_answer, found.unusable) == (None, None, "")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "there is no verdict"),
        ({"verdict": None}, "there is no verdict"),
        ({"verdict": "maybe"}, "verdict is 'maybe', which we do not ask"),
        ({"verdict": ["accept"]}, "verdict is \"['accept']\", which we do not ask"),
        ({"verdict": "accept", "category": "bad"}, "category is 'bad', which we do not ask"),
        ({"verdict": "accept", "corrected_question": CORRECTED}, "it is right as it is, and changed"),
        ({"verdict": "accept", "corrected_answer": "47"}, "it is right as it is, and changed"),
        ({"verdict": "correct"}, "it is right with corrections, and nothing is corrected"),
        ({"verdict": "correct", "corrected_question": FOUND.question}, "nothing is corrected"),
        ({"verdict": "reject", "comment": 7}, "comment is no text"),
        ({"verdict": "reject", "comment": "x" * (MAX_TEXT + 1)}, "comment has 6,001 characters, more than 6,000"),
        ({"verdict": "correct", "corrected_question": "x" * (MAX_TEXT + 1)}, "corrected_question has 6,001 characters"),
        ({"verdict": "reject", "wrong_step": [{"label": "wrong"}]}, "a mark has no place"),
        ({"verdict": "reject", "wrong_step": ["here"]}, "a mark has no place"),
        ({"verdict": "reject", "wrong_step": 7}, "a mark has no place"),
        ({"verdict": "reject", "wrong_step": [{"start": 90_000, "end": 90_001}]}, "a mark is outside the steps"),
        ({"verdict": "reject", "wrong_step": [{"start": -9, "end": 0}]}, "a mark is outside the steps"),
        ({"verdict": "accept", "wrong_step": marks(FOUND, [0])}, "it is right as it is, and a step is marked as wrong"),
    ],
)
def test_nonsense_is_kept_and_says_why(values: dict[str, Any], why: str) -> None:
    found = answer(**values)
    assert why in found.unusable
    assert json.loads(found.raw) == values


def test_marks_tell_the_steps_they_touch() -> None:
    spans = step_spans(FOUND.solution)

    def marked(*places: tuple[int, int]) -> tuple[int, ...]:
        return answer(
            verdict="reject", wrong_step=[{"start": a, "end": b, "label": "wrong"} for a, b in places]
        ).wrong_steps

    for step in range(STEPS):
        assert answer(verdict="reject", wrong_step=marks(FOUND, [step])).wrong_steps == (step,)
        assert answer(verdict="reject", wrong_step=marks(FOUND, [step], shift=3)).wrong_steps == (step,)
    assert marked((spans[0][0], spans[-1][1])) == tuple(range(STEPS))
    assert marked((spans[1][1] - 1, spans[2][0] + 1)) == (1, 2)
    assert marked((spans[3][0], spans[3][0] + 2), (spans[1][0], spans[1][1]), spans[3]) == (1, 3)
    assert marked((spans[0][0], spans[-1][1] + 500)) == tuple(range(STEPS))


def test_the_states_of_one_response_are_events_only_where_something_changed() -> None:
    draft = response("c1", "ann", 0, status="draft", verdict="accept")
    assert read(draft) is None
    first = read(response("c1", "ann", 1, verdict="accept"))
    assert first
    assert first.event == "submitted"
    assert read(response("c1", "ann", 1, verdict="accept"), before=first) is None
    assert read(response("c1", "ann", 2, verdict="accept"), before=first) is None
    edited = read(response("c1", "ann", 3, verdict="reject"), before=first)
    assert edited
    assert (edited.event, edited.verdict) == ("edited", "reject")
    for status in ("draft", "discarded"):
        gone = read(response("c1", "ann", 4, status=status, verdict="reject"), before=edited)
        assert gone
        assert (gone.event, gone.verdict, gone.raw) == ("withdrawn", None, "{}")
        assert read(response("c1", "ann", 5, status=status), before=gone) is None
        again = read(response("c1", "ann", 6, verdict="reject"), before=gone)
        assert again
        assert again.event == "submitted"
        assert len({each.id for each in (first, edited, gone, again)}) == 4


def test_times_are_kept_in_utc_and_no_values_is_no_verdict() -> None:
    given_at = response("c1", "ann", verdict="accept") | {"updated_at": "2026-03-02T14:00:00+02:00"}
    found = read(given_at)
    assert found
    assert found.answered_at == NOON
    empty = read(response("c1", "ann") | {"values": None})
    assert empty
    assert empty.unusable == "there is no verdict"


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["start", "end", "label", "value", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = ("verdict", "category", "corrected_question", "corrected_answer", "comment", "wrong_step")


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from([*NAMES, "strange"]), ANY))
def test_whatever_is_answered_is_read(values: dict[str, Any]) -> None:
    found = answer(**values)
    if not found.unusable:
        assert found.verdict in ("accept", "correct", "reject", "unsure")
    assert all(0 <= step < STEPS for step in found.wrong_steps)
