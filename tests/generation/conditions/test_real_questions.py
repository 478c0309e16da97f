"""The conditions of public questions."""

import gzip
import json
import re

from generation.conditions.finder import find_conditions
from schemas.problem import Notation
from tests.data import data_file

DIGITS = re.compile(r"[0-9]+")
NO_QUANTITY = {
    "hour of the day": re.compile(r"[0-9]{1,2}(?: ?[ap]\.? ?m\b| o'clock| noon|-[0-9]{1,2} pm)", re.I),
    "clock time": re.compile(r"[0-9]{1,2}:[0-9]{2}\b"),
    "ordinal": re.compile(r"[0-9]+(?:st|nd|rd|th)\b"),
    "part of a name": re.compile(r"\b[A-Za-z]{2,}-[0-9]+|\b[A-Za-z]+[0-9]+\b"),
}


def test_every_number_of_a_gsm8k_question_is_a_condition_or_a_known_exception() -> None:
    missed = []
    for line in data_file("gsm8k/train.jsonl").read_text().splitlines():
        question = json.loads(line)["question"]
        covered = {i for c in find_conditions(question, "annotated") for i in range(c.start, c.end)}
        for pattern in NO_QUANTITY.values():
            covered.update(i for match in pattern.finditer(question) for i in range(*match.span()))
        missed += [question for digits in DIGITS.finditer(question) if digits.start() not in covered]
    assert missed == []


def test_every_number_of_a_numbered_template_is_found_with_its_value() -> None:
    """mawps: the template names each quantity, so the true values are known."""
    wrong = []
    for line in data_file("equations/mawps_svamp_repo.jsonl").read_text().splitlines():
        row = json.loads(line)
        values = [float(number) for number in row["Numbers"].split()]
        question = row["Question"]
        if " million " in question:
            continue  # 76.7 million is one quantity
        for index, value in reversed(list(enumerate(values))):
            question = question.replace(f"number{index}", f"{value:.10g}")
        found = [float(c.number) for c in find_conditions(question, "equation") if DIGITS.search(c.text)]
        if any(round(value, 6) not in {round(number, 6) for number in found} for value in values):
            wrong.append(question)
    assert wrong == []


def test_latex_questions_never_raise_and_their_spans_are_exact() -> None:
    notation: Notation = "latex"
    with gzip.open(data_file("math/train.jsonl.gz"), "rt") as file:
        for line in list(file)[::5]:
            question = json.loads(line)["problem"]
            for condition in find_conditions(question, notation):
                assert question[condition.start : condition.end] == condition.text
                assert condition.number is not None
