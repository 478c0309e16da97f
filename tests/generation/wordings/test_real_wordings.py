"""What holds of the wordings' checks over real questions, whatever a model writes."""

import random
import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.conditions.finder import find_conditions
from generation.derive import derive
from generation.sources.ingest import read
from generation.wordings import declarative, rewrite
from generation.wordings.errors import NotWordableError
from generation.wordings.rewording import masked_question
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from tests.data import data_file
from tests.generation.made import check
from tests.generation.wordings.worded import ROLLS, fobar, outcomes


@cache
def candidates() -> tuple[tuple[Problem, BackwardProblem], ...]:
    """Two hundred candidates of GSM8K questions with one asking sentence, each with its problem."""
    problems = [row for row in read("gsm8k", path=data_file("gsm8k/train.jsonl")) if isinstance(row, Problem)]
    chance = random.Random(3)
    found = []
    for problem in chance.sample(problems, 300):
        for candidate in derive(problem).candidates:
            if candidate.relation and check(candidate, "no_leak").outcome == "pass":
                found.append((problem, candidate))
                break
    assert len(found) > 200
    return tuple(found)


def asking(problem: Problem, candidate: BackwardProblem) -> tuple[str, str, str]:
    """The masked question before, where and behind it asks."""
    question, (start, end) = masked_question(problem, candidate)
    return question[:start], question[start:end], question[end:]


def test_the_words_of_the_question_keep_its_conditions_and_leak_nothing() -> None:
    kept = 0
    for problem, candidate in candidates():
        _, asked, _ = asking(problem, candidate)
        found = outcomes(declarative, problem, candidate, f"{asked.rstrip(' ?.')}: {problem.answer}.")
        assert found["no_leak"][0] == "pass", (asked, found)
        assert found["states_result"][0] == "fail", (asked, found)
        kept += found["conditions_kept"][0] == "pass"
    assert kept / len(candidates()) > 0.98


def test_the_hidden_value_put_back_is_always_a_leak() -> None:
    for problem, candidate in candidates():
        before, asked, behind = asking(problem, candidate)
        text = candidate.condition.text
        kept = asked.rstrip(" ?.")
        for statement in (f"{text} and {problem.answer}, {kept}.", f"{kept}: {problem.answer} ({text})."):
            assert outcomes(declarative, problem, candidate, statement)["no_leak"][0] == "fail", statement
        for question in (f"{before}{behind} {text}. {asked}", problem.question):
            found = outcomes(rewrite, problem, candidate, f"The answer is {problem.answer}. {question}")
            assert found["no_leak"][0] == "fail", question


def test_a_dropped_or_changed_condition_is_always_missed() -> None:
    for problem, candidate in candidates():
        before, asked, behind = asking(problem, candidate)
        whole = f"{before}{asked}{behind} {problem.answer}."
        for other in find_conditions(whole, problem.notation)[:-1]:
            for change in ("some", "977"):
                text = f"{whole[: other.start]}{change}{whole[other.end :]}"
                outcome, reason = outcomes(rewrite, problem, candidate, text)["conditions_kept"]
                assert outcome != "pass", (text, reason)


def test_a_sentence_that_is_dropped_or_put_in_is_always_missed() -> None:
    for problem, candidate in candidates():
        before, asked, _ = asking(problem, candidate)
        if not before.strip():
            continue
        text = f"{before.replace(' ', ' nobody ', 1)} He has {problem.answer}. {asked}"
        assert outcomes(rewrite, problem, candidate, text)["conditions_kept"][0] != "pass", text


def test_the_original_question_is_never_a_rewrite() -> None:
    for problem, candidate in candidates():
        before, asked, behind = asking(problem, candidate)
        unknown = candidate.relation.unknown if candidate.relation else ""
        told = re.sub(rf"\b{unknown}\b", "some", before)
        text = f"{told} The answer is {problem.answer}. {re.sub(rf'{unknown}', 'some', asked)}{behind}"
        found = outcomes(rewrite, problem, candidate, text)
        assert {outcome for outcome, _ in found.values()} != {"pass"}, text
        assert found["asks_for_unknown"][0] != "pass", (text, found)


def test_requests_never_show_the_hidden_value_where_the_question_has_it_once() -> None:
    for problem, candidate in candidates():
        if problem.question.count(candidate.condition.text) > 1 or candidate.condition.text in problem.answer:
            continue
        for wording in (declarative, rewrite):
            try:
                shown = wording.request(problem, candidate).question
            except NotWordableError:
                continue
            assert not re.search(rf"(?<!\w){re.escape(candidate.condition.text)}(?!\w)", shown), shown


PIECES = [
    "The bakery", "sells", "72", "rolls", "altogether", "in a day", "48", "half", "x", "How many", "?", ".", ",", "not",
    "If", "some", "$", "%", "24", "in the morning", "in the afternoon", "each", "<b>", "\\frac{1}{2}", "’", "é", "１",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map(" ".join) | st.text(min_size=1, max_size=80))
def test_any_text_is_checked_and_none_passes_by_accident(text: str) -> None:
    candidate = fobar(ROLLS, "48")
    for wording in (declarative, rewrite):
        found = outcomes(wording, ROLLS, candidate, text)
        if {outcome for outcome, _ in found.values()} == {"pass"}:
            assert wording is declarative
            assert sorted(re.findall(r"\w+", text.lower())) == sorted(
                ["the", "bakery", "sells", "72", "rolls", "altogether", "in", "a", "day"]
            )


@pytest.mark.parametrize("piece", ["72 ", "a", "$", "How many ", ", how many", "If ", "\\frac{1}{2}", "? ", "rolls "])
def test_a_long_text_is_checked_in_no_time(piece: str) -> None:
    candidate = fobar(ROLLS, "48")
    text = (piece * 3_000)[:3_000]
    for wording in (declarative, rewrite):
        elapsed = [each.elapsed_ms for each in wording.worded(ROLLS, candidate, text).checks]
        assert sum(elapsed) < 5_000
