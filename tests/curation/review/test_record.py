"""Records: what a person needs to decide, and nothing by which a blind one could be told from another."""

import re
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from curation.review.doubt import category, doubtful, in_words
from curation.review.record import BLIND, record, solution, step_spans, steps, uncertainty
from generation.derive import derive
from generation.sources.ingest import read
from schemas.candidate import BackwardProblem
from schemas.problem import Problem
from schemas.review import ReviewItem
from schemas.step import Step
from tests.curation.review import reviewed
from tests.data import data_file
from tests.generation.made import check, problem, sample
from tests.generation.wordings.worded import ROLLS, fobar

QUESTIONS = {name: name.upper() for name in ("verdict", "category", "corrected_question", "comment")}
LATEX = problem(
    r"If $3x + 5 = 20$ and Ann pays \$12, what is $\frac{1}{3}$ of 27?",
    r"It is $\frac{27}{3} = \boxed{9}$.",
    answer="9",
    notation="latex",
)


def made(item: ReviewItem, of: Problem = ROLLS, found: BackwardProblem | None = None, doubt: str = "- doubt") -> Any:
    """The record of an item, with a doubt about its provenance."""
    return record(item, of, found or fobar(ROLLS, "48"), doubt, ["provenance"], QUESTIONS)


def test_an_open_record_has_the_problem_the_doubt_and_the_suggestions() -> None:
    item = reviewed.item("c1", probability=0.9, suggested="accept")
    found = made(item)
    assert found["external_id"] == "c1"
    fields = found["fields"]
    assert fields["problem"] == (
        "A bakery sells <mark>48</mark> rolls in the morning, and half as many rolls in the afternoon. How many rolls "
        "does the bakery sell altogether in a day?\n\n*Answer:* 72 \u2009 *Hidden:* **48**, rolls"
    )
    assert fields["question"].startswith("A bakery sells x rolls in the morning")
    assert "*Answer:* **48**" in fields["question"]
    assert (
        r"*Equation:* $x + x \cdot \frac{1}{2} = 72$" in fields["question"]
        or "x \\cdot 0.5 = 72$" in fields["question"]
    )
    assert fields["doubt"] == "- doubt"
    assert "$x = 48$" in fields["solution"]
    assert found["metadata"] == {
        "source": "made", "formula": "trace", "failed_checks": ["provenance"], "uncertainty": 0.36,
    }  # fmt: skip
    assert [(each["question_id"], each["value"], each["score"]) for each in found["suggestions"]] == [
        ("VERDICT", "accept", 0.9),
        ("CORRECTED_QUESTION", fobar(ROLLS, "48").question, None),
    ]


def test_without_a_probability_nothing_is_said_of_it() -> None:
    found = made(reviewed.item("c1"))
    assert "uncertainty" not in found["metadata"]
    assert [each["score"] for each in found["suggestions"]] == [None]
    assert [uncertainty(p) for p in (0.0, 0.5, 1.0)] == [0, 1, 0]


def test_blind_records_of_every_kind_are_the_same_but_for_the_id() -> None:
    items = (
        reviewed.item("c1", "audit", probability=0.97),
        reviewed.item("c1", "gold", probability=0.1, gold="reject", gold_category="leak"),
        reviewed.item("c1", "doubt", blind=True, probability=0.5, suggested="reject"),
        reviewed.item("c1", "audit"),
    )
    first, *others = [made(item, doubt=f"- doubt {place}") for place, item in enumerate(items)]
    assert all(other == first for other in others)
    assert first["fields"]["doubt"] == BLIND
    assert first["suggestions"] == []
    assert first["metadata"].keys() == {"source", "formula"}
    assert "provenance" not in str(first)


def test_a_mark_on_the_hidden_condition_is_on_it_alone_and_one_in_a_formula_is_named_below() -> None:
    money = next(each for each in derive(LATEX).candidates if "12" in each.condition.text)
    fields = made(reviewed.item("c1"), LATEX, money)["fields"]
    assert re.search(r"<mark>\\?\$?12</mark>", fields["problem"]), fields["problem"]
    assert "$3x + 5 = 20$" in fields["problem"]
    assert "*Answer:* $9$ " in fields["problem"]
    five = next(each for each in derive(LATEX).candidates if each.condition.text == "5")
    hidden = made(reviewed.item("c1"), LATEX, five)["fields"]["problem"]
    assert "<mark>" not in hidden
    assert "*Hidden:* **5**" in hidden


def test_a_candidate_without_an_equation_has_a_record_too() -> None:
    bare = fobar(ROLLS, "48").model_copy(update={"relation": None, "solution": ()})
    fields = made(reviewed.item("c1"), found=bare)["fields"]
    assert "Equation" not in fields["question"]
    assert (fields["solution"], fields["steps"]) == ("There is none.", "")
    assert step_spans(()) == []


def test_steps_stand_where_their_spans_say() -> None:
    for text in ("one", "two\nlines", "  spaced  out ", "", "emoji 🎲 and é", "1. 2. 3."):
        solved = [Step(text=text), Step(text="x = 5", equation="x = 5"), *[Step(text=text)] * 10]
        shown = steps(solved)
        assert shown.count("\n") == len(solved) - 1
        for number, ((start, end), step) in enumerate(zip(step_spans(solved), solved, strict=True), 1):
            assert shown[start:end] == f"{number}. {' '.join(step.text.split())}"


@pytest.mark.parametrize(
    ("text", "equation", "page"),
    [
        ("So x + x/2 = 72.", None, r"1. So $x + \frac{x}{2} = 72$."),
        ("Let x be the number.", None, "1. Let x be the number."),
        ("The box on the extra shelf = x", "x = 5", "1. The box on the extra shelf = x  \n   $x = 5$"),
        ("We know it.", "x = 5", "1. We know it.  \n   $x = 5$"),
        ("We know it.", "__import__('os')", "1. We know it."),
        ("He pays 3*4 = $12 for *all*.", None, r"1. He pays $3 \cdot 4 = 12$ for \*all\*."),
        ("- <b>5/0 = 1</b>", None, r"1. \- \<b\>$\frac{5}{0} = 1$"),
        ("= * / =", None, r"1. \= \* / ="),
        ("1" * 3_000 + " * 2 = 3", None, "1. 1111"),
        ("(" * 300 + " = 1", None, "1. ((("),
    ],
)
def test_a_step_is_typeset_in_its_place_or_shown_as_text(text: str, equation: str | None, page: str) -> None:
    found = fobar(ROLLS, "48").model_copy(update={"solution": (Step(text=text, equation=equation),)})
    shown = solution(found, "annotated")
    assert shown.startswith(page) or shown == page.replace("<b\\>$", "<b\\> $").replace("1$", "1$\u2009\\</b\\>"), shown


@cache
def real() -> tuple[tuple[Problem, BackwardProblem], ...]:
    rows = [
        *sample(),
        *[row for row in read("gsm8k", path=data_file("gsm8k/train.jsonl")) if isinstance(row, Problem)][:300],
    ]
    return tuple((row, found) for row in rows for found in derive(row).candidates)


def numbers(text: str) -> list[Fraction]:
    return [Fraction(each.replace(",", "").rstrip(".")) for each in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def test_a_typeset_step_keeps_all_its_words_and_numbers() -> None:
    typeset = 0
    for of, found in real():
        if not found.solution:
            continue
        for step, shown in zip(found.solution, re.split(r"\n(?! )", solution(found, of.notation)), strict=True):
            plain = re.sub(r"\\(?:frac|cdot|left|right|sqrt)", " ", shown.partition("  \n")[0].partition(". ")[2])
            words, page = (re.findall(r"[A-Za-z]{2,}", text) for text in (step.text, plain))
            assert words == page, shown
            assert numbers(step.text) == numbers(plain), shown
            typeset += shown.count("$") > shown.count("\\$")
    assert typeset > 1_000


def test_every_real_record_marks_its_condition_once() -> None:
    for of, found in real():
        fields = made(reviewed.item(found.id), of, found)["fields"]
        (marked,) = re.findall("<mark>(.*?)</mark>", fields["problem"])
        assert re.sub(r"\\(?=\W)", "", marked) == found.condition.text
        assert all(isinstance(text, str) and text for text in fields.values() if found.solution)


def test_doubts_are_told_in_words_with_their_own_reasons() -> None:
    found = fobar(ROLLS, "48")
    named = doubtful(found, ("provenance: no *link*", "unique_root: two", "provenance: again", "no_relation: none"))
    assert [each.name for each in named] == ["provenance", "unique_root"]
    told = in_words([named[0].model_copy(update={"reason": "no *link* <b> $5"})])
    assert told == (
        "- **It is not certain that the letter stands for the hidden number in every place, and nowhere else:** "
        r"no \*link\* \<b\> \$5"
    )
    assert category(named) == "wrong_equation"
    assert category([check(found, "solver_votes"), check(found, "no_leak")]) == "leak"
    assert category([]) is None
    assert in_words([]) == ""
