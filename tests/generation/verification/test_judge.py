"""The judge: what it is shown, what it may say, and what comes of it."""

import json

import pytest

from generation.llm.errors import InvalidReplyError
from generation.llm.prompt import prompt
from generation.verification.judge import ANSWER_SCHEMA, MAX_WHY, Judgement, check, read, request
from tests.generation.made import POLICY, derived_sample
from tests.generation.verification.attacks import ATTACKS

CATEGORIES = ("ill_posed", "leaks", "unnatural", "wrong_unit", "trivial", "ambiguous")
FINE = {"why": "One y fits.", **dict.fromkeys(CATEGORIES, False)}


def test_the_judge_sees_the_question_and_the_answer_that_is_expected() -> None:
    of = next(each for derivation in derived_sample() for each in derivation.candidates if each.relation)
    asked = request(of)
    assert asked.purpose == "judge"
    assert of.question in asked.question
    assert asked.question.endswith(f"Expected answer: {of.answer}")


def test_the_schema_asks_for_every_field_and_no_other() -> None:
    assert set(ANSWER_SCHEMA["required"]) == set(ANSWER_SCHEMA["properties"]) == set(Judgement.model_fields)
    assert ANSWER_SCHEMA["additionalProperties"] is False


def test_the_prompt_names_every_category_and_its_examples_are_in_the_form_that_is_asked_for() -> None:
    text = prompt("judge").text
    assert all(f'"{category}":' in text for category in CATEGORIES)
    examples = [read(line) for line in text.split("\n") if line.startswith("{")]
    assert [check(example).outcome for example in examples] == ["pass", "fail", "fail"]


def test_it_passes_where_no_category_is_set() -> None:
    found = check(read(json.dumps(FINE)))
    assert (found.name, found.outcome, found.reason) == ("judge", "pass", "One y fits.")


@pytest.mark.parametrize("category", CATEGORIES)
def test_it_fails_with_the_category_that_is_set_and_the_reason(category: str) -> None:
    found = check(read(json.dumps(FINE | {category: True})))
    name = {"ill_posed": "ill-posed", "wrong_unit": "wrong unit"}.get(category, category)
    assert (found.outcome, found.reason) == ("fail", f"{name}: One y fits.")


def test_it_fails_with_every_category_that_is_set() -> None:
    found = check(read(json.dumps(FINE | {"leaks": True, "trivial": True})))
    assert found.reason == "leaks, trivial: One y fits."


def test_prose_around_the_object_is_left_out() -> None:
    assert read(f"I think:\n{json.dumps(FINE)}\nDone.").faults == []


@pytest.mark.parametrize(
    "change",
    [
        {"leaks": "false"},
        {"leaks": 0},
        {"leaks": None},
        {"why": None},
        {"why": 3},
        {"why": "a" * (MAX_WHY + 1)},
        {"score": 5},
    ],
)
def test_what_is_not_in_the_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidReplyError, match=r"\w"):
        read(json.dumps(FINE | change))


@pytest.mark.parametrize("missing", FINE)
def test_a_field_that_is_missing_is_refused(missing: str) -> None:
    with pytest.raises(InvalidReplyError, match=missing):
        read(json.dumps({field: value for field, value in FINE.items() if field != missing}))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack)[:40])
def test_an_attack_is_no_judgement(attack: str) -> None:
    with pytest.raises(InvalidReplyError):
        read(attack)


def test_it_sends_an_accepted_candidate_to_review_and_saves_no_rejected_one() -> None:
    faulty, fine = (check(read(json.dumps(FINE | {"unnatural": fault}))) for fault in (True, False))
    verdicts = set()
    for of in (each for derivation in derived_sample() for each in derivation.candidates):
        others = [each for each in of.checks if each.name != "judge"]
        without = POLICY.decide(of.checks, has_relation=of.relation is not None)[0]
        praised = POLICY.decide([*others, fine], has_relation=of.relation is not None)[0]
        blamed = POLICY.decide([*others, faulty], has_relation=of.relation is not None)[0]
        assert praised == without
        assert blamed == ("review" if without == "accept" else without)
        verdicts.add(without)
    assert verdicts == {"accept", "review", "reject"}
