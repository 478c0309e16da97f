"""Deciding by answers: what agrees decides, what is taken back decides no more, and nothing is added twice."""

from pathlib import Path

import pytest

from curation import listing, policy
from curation.review.deciding import NO_LONGER_CORRECTED, NO_LONGER_DECIDED, decide
from curation.review.verdicts import DISAGREEMENT
from curation.store import Store
from curation.triage import decide_again
from generation.derive import derive
from schemas.review import ReviewStage, ReviewVerdict
from tests.curation import made
from tests.curation.review import answered, reviewed
from tests.curation.review.answered import (
    ALSO_CORRECTED,
    CORRECTED,
    LEAKY,
    corrections,
    decision,
    marks,
    pull,
    response,
)
from tests.generation.wordings.worded import ROLLS, fobar


def unchanged(store: Store, stage: ReviewStage = "review", needed: int = 1) -> bool:
    """Whether deciding again adds nothing to any table."""
    before = made.contents(store)
    with store.connect() as connection:
        counts = decide(connection, stage, needed)
    return not counts and made.contents(store) == before


@pytest.mark.parametrize(
    ("verdict", "category", "reason"),
    [("accept", None, "accept: ann"), ("reject", "leak", "leak: ann"), ("reject", None, "other: ann")],
)
def test_one_answer_decides_where_one_is_needed(
    verdict: ReviewVerdict, category: str | None, reason: str, tmp_path: Path
) -> None:
    store, key = answered.store(tmp_path)
    assert decision(store, key)[::2] == ("review", "policy")
    assert pull(store, response(key, "ann", verdict=verdict, category=category)) == {verdict: 1}
    assert decision(store, key) == (verdict, reason, "reviewer")
    assert unchanged(store)


def test_two_that_agree_decide_where_two_are_needed_and_one_does_not(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    ann, ben = (response(key, name, verdict="accept") for name in ("ann", "ben"))
    assert pull(store, ann, needed=2) == {}
    assert decision(store, key)[2] == "policy"
    assert pull(store, ann, ben, needed=2) == {"accept": 1}
    assert decision(store, key) == ("accept", "accept: ann and ben", "reviewer")
    assert unchanged(store, needed=2)
    # With three needed the same two decide no more.
    assert not unchanged(store, needed=3)
    found, reason, by = decision(store, key)
    assert (found, reason, by) == ("review", NO_LONGER_DECIDED, "reviewer")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([{"verdict": "accept"}, {"verdict": "reject"}], "ann: accept, ben: reject"),
        ([{"verdict": "unsure"}, {"verdict": "accept"}], "ann cannot tell"),
        ([{"verdict": "unsure"}, {"verdict": "unsure"}], "ann and ben cannot tell"),
        ([{"verdict": "accept"}, {"verdict": "maybe"}], "the answer of ben cannot count: verdict is 'maybe'"),
        ([{"verdict": "accept"}, {"verdict": "correct", "corrected_question": CORRECTED}], "ann: accept, ben: correct"),
        (
            [
                {"verdict": "correct", "corrected_question": CORRECTED},
                {"verdict": "correct", "corrected_question": LEAKY},
            ],
            "the correction of ben fails no_leak",
        ),
        ([{"verdict": "correct", "corrected_answer": "47"}] * 2, "the correction of ann fails two_sided"),
    ],
)
def test_answers_that_differ_or_cannot_count_go_to_adjudicators(
    answers: list[dict[str, str]], reason: str, tmp_path: Path
) -> None:
    store, key = answered.store(tmp_path)
    given = [
        response(key, name, at, **each) for at, (name, each) in enumerate(zip(("ann", "ben"), answers, strict=True))
    ]
    assert pull(store, *given, needed=2) == {DISAGREEMENT: 1}
    found, said, by = decision(store, key)
    assert (found, by) == ("review", "reviewer")
    assert said.startswith(f"{DISAGREEMENT}: {reason}"), said
    assert not corrections(store, key)
    assert unchanged(store, needed=2)


def test_a_correction_that_holds_is_a_new_candidate_with_checks_and_lineage_and_the_old_one_is_rejected(
    tmp_path: Path,
) -> None:
    store, key = answered.store(tmp_path)
    assert pull(store, response(key, "ann", verdict="correct", corrected_question=CORRECTED)) == {"corrected": 1}
    assert decision(store, key) == ("reject", "corrected: ann", "reviewer")
    ((new, verdict),) = corrections(store, key)
    assert verdict == "accept"
    assert decision(store, new) == ("accept", "accept: the correction of ann", "reviewer")
    ((question, answer, equation, solution),) = made.query(
        store,
        "SELECT backward_question, backward_answer, equation, backward_solution FROM candidate_overview "
        "WHERE candidate_id = ?",
        new,
    )
    assert (question, answer, equation) == (CORRECTED, "48", "x + x*(1/2) = 72")
    assert "x = 48" in solution
    outcomes = dict(
        made.query(store, "SELECT check_name, outcome FROM check_overview WHERE candidate_id = ? ORDER BY ALL", new)
    )
    assert outcomes.keys() == {each.name for each in fobar(ROLLS, "48").checks}
    assert {outcomes[name] for name in ("no_leak", "states_result", "asks_for_unknown", "two_sided")} == {"pass"}
    ((review,),) = made.query(store, "SELECT review_id FROM corrections WHERE candidate_id = ?", new)
    assert made.query(store, "SELECT reviewer, corrected_question FROM reviews WHERE review_id = ?", review) == [
        ("ann", CORRECTED)
    ]
    assert unchanged(store)


def test_a_correction_is_shown_with_the_formula_of_what_it_corrects(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    assert pull(store, response(key, "ann", verdict="correct", corrected_question=CORRECTED)) == {"corrected": 1}
    ((new, _),) = corrections(store, key)
    shown = listing.show(store, new)
    assert shown.corrects == key
    assert shown.formula is not None
    assert shown.formula == listing.show(store, key).formula


def test_a_correction_that_does_not_hold_makes_no_candidate(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    count = made.query(store, "SELECT count(*) FROM candidates")
    assert pull(store, response(key, "ann", verdict="correct", corrected_question=LEAKY)) == {DISAGREEMENT: 1}
    assert made.query(store, "SELECT count(*) FROM candidates") == count


def test_a_corrected_answer_that_is_the_same_number_accepts_the_candidate_as_it_is(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    assert pull(store, response(key, "ann", verdict="correct", corrected_answer="48.0")) == {"accept": 1}
    assert decision(store, key) == ("accept", "accept: ann: the corrected answer is the same number", "reviewer")


def test_of_two_corrections_that_hold_the_first_that_changes_the_question_is_taken(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    ann = response(key, "ann", 1, verdict="correct", corrected_answer="96/2")
    ben = response(key, "ben", 2, verdict="correct", corrected_question=ALSO_CORRECTED)
    eve = response(key, "eve", 3, verdict="correct", corrected_question=CORRECTED)
    assert pull(store, eve, ben, ann, needed=3) == {"corrected": 1}
    ((new, verdict),) = corrections(store, key)
    assert verdict == "accept"
    assert decision(store, new)[1] == "accept: the correction of ben"


def test_a_wrong_step_beside_a_correction_is_for_adjudicators(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    marked = marks(fobar(ROLLS, "48"), [1])
    given = response(key, "ann", verdict="correct", corrected_question=CORRECTED, wrong_step=marked)
    assert pull(store, given) == {DISAGREEMENT: 1}
    assert "marks a step that the correction leaves" in decision(store, key)[1]


def test_an_edited_correction_takes_the_place_of_the_earlier_one_and_can_come_back(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    for seconds, text, verdicts in (
        (1, CORRECTED, ["accept"]),
        (2, ALSO_CORRECTED, ["reject", "accept"]),
        (3, CORRECTED, ["accept", "reject"]),
    ):
        pull(store, response(key, "ann", seconds, verdict="correct", corrected_question=text))
        assert [verdict for _, verdict in corrections(store, key)] == verdicts
        assert unchanged(store)
    assert pull(store, response(key, "ann", 4, verdict="accept")) == {"accept": 1}
    assert [verdict for _, verdict in corrections(store, key)] == ["reject", "reject"]
    assert decision(store, corrections(store, key)[0][0])[1] == NO_LONGER_CORRECTED
    assert unchanged(store)


@pytest.mark.parametrize("status", ["draft", "discarded"])
def test_what_is_taken_back_goes_back_to_the_policy(status: str, tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    said = decision(store, key)
    pull(store, response(key, "ann", verdict="correct", corrected_question=CORRECTED))
    assert pull(store, response(key, "ann", 9, status=status, verdict="reject")) == {"taken back": 1}
    ((verdict, reasons, by),) = made.query(
        store, "SELECT decision, reasons, decided_by FROM candidate_overview WHERE candidate_id = ?", key
    )
    assert (verdict, by) == (said[0], "reviewer")
    assert reasons[:2] == [NO_LONGER_DECIDED, said[1]]
    assert [verdict for _, verdict in corrections(store, key)] == ["reject"]
    assert unchanged(store)
    assert pull(store, response(key, "ann", 10, verdict="accept")) == {"accept": 1}


def test_a_draft_and_a_discarded_answer_decide_nothing(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    for status in ("draft", "discarded"):
        assert pull(store, response(key, "ann", status=status, verdict="reject")) == {}
    assert decision(store, key)[2] == "policy"
    assert made.query(store, "SELECT count(*) FROM reviews") == [(0,)]


def test_a_gold_question_is_not_decided(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    reviewed.write(store, [reviewed.item(key, "gold", gold="accept")])
    assert pull(store, response(key, "ann", verdict="reject")) == {}
    assert decision(store, key)[2] == "policy"


def test_an_audit_rejects_what_the_policy_accepts(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path, doubt=False)
    assert decision(store, key)[0] == "accept"
    reviewed.write(store, [reviewed.item(key, "audit")])
    assert pull(store, response(key, "ann", verdict="reject", category="wrong_equation")) == {"reject": 1}
    assert decision(store, key) == ("reject", "wrong_equation: ann", "reviewer")


def test_triage_does_not_overrule_people(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    pull(store, response(key, "ann", verdict="correct", corrected_question=CORRECTED))
    ((new, _),) = corrections(store, key)
    file = tmp_path / "mine.toml"
    file.write_text('version = "mine"\n[checks.no_leak]\nfail = "reject"\nundecided = "reject"\n', encoding="utf-8")
    before = decision(store, key), decision(store, new)
    assert decide_again(store, policy.load(file)).of_people == 2
    assert (decision(store, key), decision(store, new)) == before
    assert unchanged(store)


def test_an_answer_to_a_candidate_that_was_derived_anew_is_kept_and_harms_nothing(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(48))
    old = made.derivation(made.problem(48), {"provenance": "undecided"}, conditions=[0])
    made.derived(store, old)
    newer = made.derivation(made.problem(48), conditions=[0], question="What is x, if Natalia sold x clips?")
    made.derived(store, newer, fingerprint="f2")
    assert pull(store, response(old.candidates[0].id, "ann", verdict="reject")) == {"reject": 1}
    assert made.query(store, "SELECT candidate_id, decision FROM candidate_overview") == [
        (newer.candidates[0].id, "accept")
    ]
    assert unchanged(store)


def test_the_adjudicator_overrules_reviewers_and_what_is_taken_back_goes_back_to_them(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path, doubt=False)
    ann, ben = response(key, "ann", verdict="accept"), response(key, "ben", verdict="reject")
    pull(store, ann, ben, needed=2)
    disagreement = decision(store, key)
    assert pull(store, response(key, "eve", verdict="reject", stage="adjudication"), stage="adjudication") == {
        "reject": 1
    }
    assert decision(store, key) == ("reject", "other: eve", "adjudicator")
    # Reviewers who come to agree later do not overrule the adjudicator.
    pull(store, ann, response(key, "ben", 5, verdict="accept"), needed=2)
    assert decision(store, key)[2] == "adjudicator"
    pull(store, ann, response(key, "ben", 6, verdict="reject"), needed=2)
    gone = response(key, "eve", 7, status="discarded", stage="adjudication")
    assert pull(store, gone, stage="adjudication") == {"taken back": 1}
    ((verdict, reasons),) = made.query(
        store, "SELECT decision, reasons FROM candidate_overview WHERE candidate_id = ?", key
    )
    assert (verdict, reasons) == ("review", [NO_LONGER_DECIDED, disagreement[1]])
    assert unchanged(store, "adjudication")
    assert unchanged(store, needed=2)


def test_the_adjudicators_correction_is_no_matter_of_the_reviewers_answers(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    pull(store, response(key, "ann", verdict="unsure"))
    given = response(key, "eve", verdict="correct", corrected_question=CORRECTED, stage="adjudication")
    assert pull(store, given, stage="adjudication") == {"corrected": 1}
    ((new, _),) = corrections(store, key)
    assert decision(store, new) == ("accept", "accept: the correction of eve", "adjudicator")
    assert unchanged(store)
    assert unchanged(store, "adjudication")


def test_a_correction_that_two_candidates_come_to_stands_while_one_of_them_has_it(tmp_path: Path) -> None:
    derivation = derive(ROLLS)
    first = derivation.candidates[0]
    twin = first.model_copy(update={"question": first.question.replace("If we know", "Suppose")})
    store = made.ingested(tmp_path, ROLLS)
    made.derived(store, derivation.model_copy(update={"candidates": (first, twin)}))
    both = [response(key, "ann", verdict="correct", corrected_question=CORRECTED) for key in (first.id, twin.id)]
    assert pull(store, *both) == {"corrected": 2}
    ((new, _),) = corrections(store, first.id)
    assert corrections(store, twin.id) == [(new, "accept")]
    assert unchanged(store)
    for taken_back in sorted((first.id, twin.id)):
        pull(store, response(taken_back, "ann", 5, verdict="reject"))
        assert unchanged(store)
        stands = "accept" if taken_back == min(first.id, twin.id) else "reject"
        assert decision(store, new)[0] == stands
