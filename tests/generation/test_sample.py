"""The bundled sample is sound, and `sample_formulas.jsonl` is the truth about it.

A row of the truth: the question as a `template` with a name for every quantity, the `texts` that the names stand for,
their exact `values`, the answer as a `formula` in the names, the `traps` that the problem covers, and the names in
which the true answer is no plain formula (`not_invertible`), so that the formula holds only near the given values.
"""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from generation.verification.expression import evaluate, parse, symbols

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "generation" / "sources" / "sample.jsonl"
TRUTH = Path(__file__).parent / "sample_formulas.jsonl"

TRAPS = {
    "age": "someone's age, now or at another time",
    "average": "a mean, as the result or as a condition",
    "choice": "the answer takes the larger, smaller or cheaper of several results",
    "complement": "what is left of a whole: 1 - 1/2, 100% - 30%",
    "decimal": "a condition with a decimal point",
    "equal_results": "two calculations of the solution have equal results",
    "equal_values": "two conditions have equal values and different roles",
    "fraction": "a condition that is a fraction, in digits or words",
    "hidden_constant": "a number that only a word or a unit implies: dozen, week, %",
    "irrelevant": "a condition that plays no part in the answer",
    "letter_x": "the question holds the letter x",
    "mixed": "a mixed number: 2 1/2, one and a half",
    "money": "an amount with a dollar sign",
    "number_word": "a cardinal number in words",
    "only_compares": "a condition that only sets a threshold",
    "own_algebra": "the solution has an unknown of its own",
    "percent": "a percentage, as a condition or as the answer",
    "rate": "so much for each hour, mile, piece",
    "ratio": "parts in a ratio, or a recipe that is scaled",
    "repeated_addition": "the condition shows only in how many terms or steps there are",
    "result_equals_condition": "a calculation has the value of a condition",
    "rounding": "a result is rounded before it is used",
    "several_roots": "the answer allows more than one value of a condition",
    "thousands": "a condition with a thousands comma",
    "times_as_many": "three times as many, half as old",
    "unannotated_step": "a calculation of the solution has no annotation",
    "unexplained_number": "a number that must be counted or worked out: people named in a list",
    "unit_conversion": "feet to inches, hours to minutes",
}
"""What a problem can cover that makes the provenance of its numbers hard, or is met often in real ones."""

ANNOTATION = re.compile(r"<<([^<>=]+)=([^<>=]+)>>")
CARDINAL = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million)\b",
    re.IGNORECASE,
)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


PROBLEMS, TRUTHS = rows(SAMPLE), rows(TRUTH)
PAIRS = [pytest.param(p, t, id=p["question"][:40]) for p, t in zip(PROBLEMS, TRUTHS, strict=True)]


def values_of(truth: dict[str, Any]) -> dict[str, Fraction]:
    return {name: Fraction(value) for name, value in truth["values"].items()}


def results_of(problem: dict[str, Any]) -> list[Fraction]:
    return [evaluate(parse(result)) for _, result in ANNOTATION.findall(problem["answer"])]


def final_answer(problem: dict[str, Any]) -> Fraction:
    return evaluate(parse(problem["answer"].rpartition("\n#### ")[2]))


def test_the_sample_is_large_and_has_no_question_twice() -> None:
    questions = {" ".join(problem["question"].lower().split()) for problem in PROBLEMS}
    assert len(questions) == len(PROBLEMS) >= 80


def test_every_trap_is_covered_at_least_twice() -> None:
    counts = {trap: sum(trap in truth["traps"] for truth in TRUTHS) for trap in TRAPS}
    assert {trap: count for trap, count in counts.items() if count < 2} == {}


@pytest.mark.parametrize(("problem", "truth"), PAIRS)
class TestEveryProblem:
    def test_has_the_row_form_of_gsm8k(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        assert set(problem) == {"question", "answer"}
        assert problem["question"] == truth["question"]
        *steps, last = problem["answer"].split("\n")
        assert 2 <= len(steps) <= 6
        assert all(step.strip() == step and step for step in [*steps, problem["question"]])
        assert re.fullmatch(r"#### [\d,.]+", last)

    def test_annotations_are_well_formed_and_exact(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        annotations = ANNOTATION.findall(problem["answer"])
        assert annotations
        assert len(annotations) == problem["answer"].count("<<") == problem["answer"].count(">>")
        for calculation, result in annotations:
            assert evaluate(parse(calculation)) == evaluate(parse(result)), calculation
        for result, shown in re.findall(r"<<[^<>=]+=([^<>=]+)>>(\d+(?:,\d{3})*(?:\.\d+)?)", problem["answer"]):
            assert evaluate(parse(shown)) == evaluate(parse(result)), shown

    def test_formula_gives_the_answer(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        values = values_of(truth)
        assert evaluate(parse(truth["formula"], values), values) == final_answer(problem)

    def test_formula_changes_with_every_name_in_it(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        values = values_of(truth)
        formula = parse(truth["formula"], values)
        for name in symbols(formula):
            # Four times the value keeps the root of a square rational.
            changed = values | {name: values[name] * 4}
            assert evaluate(formula, changed) != final_answer(problem), name

    def test_template_situates_every_quantity(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        names = re.findall(r"{(\w+)}", truth["template"])
        assert names == list(truth["texts"]) == list(truth["values"])
        assert len(set(names)) == len(names)
        assert truth["template"].format_map(truth["texts"]) == truth["question"]
        bare = re.sub(r"{\w+}", "", truth["template"])
        assert not re.search(r"\d", bare)
        assert not CARDINAL.search(bare)

    def test_digits_have_their_own_value(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        values = values_of(truth)
        for name, text in truth["texts"].items():
            if text[0].isdigit():
                whole, _, part = text.rpartition(" ")
                assert values[name] == evaluate(parse(f"{whole or 0} + {part}")), text
            assert str(values[name]) == truth["values"][name]

    def test_a_name_outside_the_formula_is_accounted_for(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        used = symbols(parse(truth["formula"], truth["values"]))
        outside = set(truth["values"]) - used - set(truth["not_invertible"])
        assert set(truth["not_invertible"]) <= set(truth["values"])
        assert bool(outside) == ("irrelevant" in truth["traps"])

    def test_traps_that_can_be_read_off_are_named(self, problem: dict[str, Any], truth: dict[str, Any]) -> None:
        question, texts = problem["question"], list(truth["texts"].values())
        values, results = list(values_of(truth).values()), results_of(problem)
        # Twenty-five begins with a cardinal number; so does three-quarters, which is none.
        words = [text.partition("-")[0] for text, value in zip(texts, values, strict=True) if value.denominator == 1]
        expected = {
            "money": "$" in question,
            "percent": "%" in question or "percent" in question,
            "thousands": any("," in text for text in texts),
            "decimal": any("." in text for text in texts),
            "mixed": any(re.search(r"\d \d+/|\band a half", text) for text in texts),
            "number_word": any(CARDINAL.fullmatch(word) for word in words),
            "letter_x": bool(re.search(r"\bx\b", question, re.IGNORECASE)),
            "equal_values": len(set(values)) < len(values),
            "equal_results": len(set(results)) < len(results),
            "result_equals_condition": not set(results).isdisjoint(values),
        }
        assert set(truth["traps"]) <= set(TRAPS)
        assert {trap: trap in truth["traps"] for trap in expected} == expected
