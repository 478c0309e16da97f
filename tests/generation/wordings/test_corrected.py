"""Corrections by people: harmless ones stand, and whatever spoils the question or changes the answer fails."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.derive import derive
from generation.sources.ingest import read
from generation.wordings import declarative
from generation.wordings.corrected import corrected, failures
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from tests.data import data_file
from tests.generation.made import candidate, check, problem, sample
from tests.generation.wordings.worded import ROLLS, fobar

TWO_THIRDS = problem(
    r"If $\frac{1}{3}$ of $n$ is $12$ and $a < b$, what is the value of $n$?",
    r"We have $n = 12 \cdot 3 = \boxed{36}$.",
    answer="36",
    notation="latex",
)

SHORTENED = (
    "A bakery sells x rolls in the morning, and half as many rolls in the afternoon. Altogether it sells 72 rolls in a "
    "day. What is x?"
)
REWRITTEN = (
    "A bakery sells some rolls in the morning, and half as many rolls in the afternoon. The bakery sells 72 rolls "
    "altogether in a day. How many rolls does it sell in the morning?"
)


def failed(of: Problem, found: BackwardProblem, question: str | None = None, answer: str | None = None) -> list[str]:
    """The names of the checks that a correction fails and the candidate did not."""
    before = {each.name for each in failures(found)}
    return [each.name for each in failures(corrected(of, found, question, answer)) if each.name not in before]


def test_a_harmless_rewording_of_each_kind_stands() -> None:
    found = fobar(ROLLS, "48")
    for question in (
        found.question,
        SHORTENED,
        REWRITTEN,
        found.question.replace("If we know", "Suppose that we know"),
    ):
        made = corrected(ROLLS, found, question, None)
        assert not failures(made), question
        assert (made.question, made.answer, made.relation) == (question, found.answer, found.relation)
        assert made.solution == found.solution
        assert {each.name for each in made.checks} == {each.name for each in found.checks}
    stated = declarative.worded(ROLLS, found, "The bakery sells 72 rolls altogether in a day.")
    assert stated.wording == "declarative"
    assert not failed(ROLLS, stated, stated.question.replace("altogether", "in total"))


@pytest.mark.parametrize("question", [SHORTENED, REWRITTEN])
@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("72 rolls", "many rolls", "states_result"),
        ("72 rolls", "172 rolls", "states_result"),
        ("72 rolls", "73 rolls", "states_result"),
        ("half as many", "as many", "conditions_kept"),
        ("half as many", "a third as many", "conditions_kept"),
        ("in the morning,", "in the morning, 48 of them,", "no_leak"),
        ("in the morning,", "in the morning (forty-eight),", "no_leak"),
        ("in the morning,", "in the morning, four dozen or 96/2,", "no_leak"),
        ("in the morning,", "in the morning, 480/10 of them,", "no_leak"),
        ("?", ".", "asks_for_unknown"),
        ("A bakery", "<script>alert(1)</script> A bakery", "conditions_kept"),
        ("A bakery", "<img src=x> A bakery", "conditions_kept"),
        ("A bakery", "A \u202ebakery", "conditions_kept"),
        ("A bakery", "A bak\u200bery", "conditions_kept"),
        ("A bakery", "A b\u0430kery", "conditions_kept"),
        ("A bakery", "A\x00 bakery", "conditions_kept"),
        ("A bakery", "A bakery with 5 ovens", "conditions_kept"),
    ],
)
def test_what_spoils_the_question_fails(question: str, old: str, new: str, name: str) -> None:
    assert old in question
    assert name in failed(ROLLS, fobar(ROLLS, "48"), question.replace(old, new, 1))


@pytest.mark.parametrize(
    "question", ["", " ", "\n\t", "?", "x", "x?", "What is x?", ROLLS.question, "72?", "x 72 half?"]
)
def test_what_is_no_backward_question_fails(question: str) -> None:
    if question != "x 72 half?":
        assert failed(ROLLS, fobar(ROLLS, "48"), question)
    else:  # words that say nothing are for people to see: the numbers are there, and the unknown is asked for
        assert not failed(ROLLS, fobar(ROLLS, "48"), question)


@pytest.mark.parametrize("answer", ["48", " 48 ", "48.0", "$48$", "x = 48", "48 rolls", r"\frac{96}{2}", "96/2"])
def test_an_answer_that_is_the_same_number_stands(answer: str) -> None:
    made = corrected(ROLLS, fobar(ROLLS, "48"), None, answer)
    assert not failures(made)
    assert made == fobar(ROLLS, "48").model_copy(update={"checks": made.checks})


@pytest.mark.parametrize(
    "answer", ["47", "48.5", "480", "", "many", "48 or 49", "-48", r"\frac{96}{", "\ud800", "x", "4" * 6_000]
)
def test_an_answer_that_is_another_number_or_cannot_be_read_fails(answer: str) -> None:
    assert failed(ROLLS, fobar(ROLLS, "48"), None, answer) == ["two_sided"]
    assert failed(ROLLS, fobar(ROLLS, "48"), SHORTENED, answer) == ["two_sided"]


def test_a_rounded_answer_is_not_the_fraction_and_the_fraction_in_latex_is() -> None:
    found = fobar(ROLLS, "half").model_copy(update={"answer": "1/3"})
    assert failed(ROLLS, found, None, "0.333") == ["two_sided"]
    assert failed(ROLLS, found, None, r"$\frac{1}{3}$") == []


def test_a_check_that_the_candidate_never_had_is_made_and_not_lost() -> None:
    bare = fobar(ROLLS, "48").model_copy(update={"checks": ()})
    assert failed(ROLLS, bare, None, "47") == ["two_sided"]
    assert failed(ROLLS, bare, "<b>What is x?</b>") == ["conditions_kept"]


def test_a_less_than_sign_of_the_question_is_no_tag_and_dollar_signs_must_pair() -> None:
    found = candidate(derive(TWO_THIRDS), "12")
    if found.relation is None:
        pytest.skip("the trace cannot be read")
    assert not failed(TWO_THIRDS, found, found.question)
    assert "conditions_kept" in failed(TWO_THIRDS, found, found.question.replace("$n$", "$n", 1))
    assert "conditions_kept" in failed(TWO_THIRDS, found, found.question.replace("a < b", "<b>"))


def test_a_candidate_without_an_equation_cannot_be_corrected() -> None:
    found = fobar(ROLLS, "48").model_copy(update={"relation": None})
    assert failed(ROLLS, found, SHORTENED) == ["asks_for_unknown"]


@cache
def real() -> tuple[tuple[Problem, BackwardProblem], ...]:
    """All candidates with a relation of the bundled sample and of 150 questions of GSM8K."""
    rows = [row for row in read("gsm8k", path=data_file("gsm8k/train.jsonl")) if isinstance(row, Problem)]
    chosen = [*sample(), *random.Random(1).sample(rows, 150)]
    # Two that ask twice, or not at all in so many words: what they ask is left to people.
    chosen += [row for row in rows if row.question.count("?") == 2][:20]
    return tuple((row, found) for row in chosen for found in derive(row).candidates if found.relation)


def test_the_words_of_a_real_question_stand_and_so_does_a_harmless_change() -> None:
    lost = 0
    for of, found in real():
        for change in ("the answer to the above question is", "that its answer is"):
            text = found.question.replace("the answer to the above question is", change)
            lost += bool(failed(of, found, text))
    assert lost / len(real()) < 0.01


def test_a_real_question_without_its_answer_or_with_what_it_hides_fails() -> None:
    tried = 0
    for of, found in real():
        assert failed(of, found, of.question), of.question
        hidden = found.condition.text
        leaky = f"It is {hidden}. {found.question}"
        assert "no_leak" in {each.name for each in failures(corrected(of, found, leaky, None))}, leaky
        if found.question.count(of.answer) == 1:
            tried += 1
            assert failed(of, found, found.question.replace(of.answer, "known")), found.question
    assert tried > 200


PIECES = [
    "A bakery", "sells", "72", "rolls", "48", "half", "x", "How many", "?", ".", "What is x?", "<", ">", "$", "%", "\\",
    "\\frac{1}{2}", "\u202e", "\ud800", "é", "１", "\n", "\x00", "[asy]", "\\begin{x}",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.text(max_size=80),
    st.none() | st.text(max_size=20) | st.sampled_from(["48", "x=48", "1/0", "\\frac"]),
)
def test_no_correction_raises_and_none_without_the_numbers_stands(question: str, answer: str | None) -> None:
    for text in ("48", "half"):
        if not failed(ROLLS, fobar(ROLLS, text), question, answer):
            assert "72" in question
            assert "?" in question


@pytest.mark.parametrize(
    "piece", ["72 ", "a", "<", "< ", "$", "x? ", "How many ", "If x ", "\\frac{1}{2}", "rolls, ", "\n"]
)
def test_a_long_correction_is_checked_in_no_time(piece: str) -> None:
    made = corrected(ROLLS, fobar(ROLLS, "48"), (piece * 6_000)[:6_000], None)
    assert failures(made)
    assert sum(each.elapsed_ms for each in made.checks) < 10_000


def test_checks_that_have_nothing_to_do_with_the_words_are_left_as_they_were() -> None:
    found = fobar(ROLLS, "48")
    made = corrected(ROLLS, found, SHORTENED, None)
    for name in ("formula_holds", "two_sided", "unique_root", "provenance", "steps_hold"):
        assert check(made, name) == check(found, name)
