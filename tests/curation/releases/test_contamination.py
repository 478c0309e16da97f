"""Contamination: what overlaps with an evaluation set is found, in whatever form, and what does not is not."""

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.errors import EvaluationSetError
from curation.releases.contamination import Contamination
from generation.conditions.finder import find_conditions
from generation.wordings.fobar import fobar
from tests.data import data_file

QUESTION = (
    "Janet's ducks lay 16 eggs per day. She eats three for breakfast every morning and bakes muffins for her friends "
    "every day with four. She sells the remainder at the market daily for $2 per egg. How much does she make every day?"
)


def one(text: str, *questions: str) -> str | None:
    (match,) = Contamination([("set", questions or (QUESTION,))]).matches([text])
    return str(match) if match else None


def test_the_question_itself_is_found_with_its_row() -> None:
    assert one(QUESTION, "Another question of some length, about 3 apples and 4 pears.", QUESTION) == (
        "row 2 of set, by 100% of its runs of 8 words"
    )


@pytest.mark.parametrize(
    "text",
    [
        QUESTION.upper(),
        QUESTION.replace(". ", ".\n\n").replace(",", " ,"),
        f"Please solve this. {QUESTION}",
        QUESTION.replace("How much does she make every day?", "What does she earn in a week, all in all?"),
    ],
)
def test_a_question_told_a_little_otherwise_is_found(text: str) -> None:
    assert one(text)


def test_the_same_with_other_names_and_numbers_is_found() -> None:
    other = QUESTION.replace("Janet", "Peter").replace("16", "23").replace("$2", "$7").replace("four", "eleven")
    found = one(other.replace("eggs per day. She", "eggs per day. He").replace(" her ", " his ").replace("She", "He"))
    assert found is not None
    assert "all but names and numbers" in found or "runs of 8 words" in found


def test_the_backward_question_of_an_evaluation_question_is_found() -> None:
    for condition in find_conditions(QUESTION, "text"):
        assert one(fobar(QUESTION, condition, "x", "18")), condition.text


@pytest.mark.parametrize(
    "request_",
    [
        "If we know the answer to the above question is 18, what is the value of x?",
        "\nIf we know the answer of the above question is 18, what is the value of unknown variable x?",
    ],
)
def test_a_set_of_backward_questions_is_held_against_both_forms_with_other_numbers(request_: str) -> None:
    masked = QUESTION.replace("16", "x")
    numbers = QUESTION.replace("16", "90").replace("three", "four").replace("four", "11").replace("$2", "$5.50")
    assert one(numbers, f"{masked} {request_}")
    for condition in find_conditions(numbers, "text"):
        found = one(fobar(numbers, condition, "x", "18"), f"{masked} {request_}")
        assert found is not None, condition.text
        assert "all but names and numbers" in found or "runs of 8 words" in found


def test_where_x_is_asked_for_in_algebra_nothing_is_cut() -> None:
    algebra = "Let 3x + 2y = 12 and y = 3. What is the value of x?"
    assert one("Let 5x + 4y = 22 and y = 7. What is the value of x?", algebra)
    assert one("Let 5x + 4y = 22 and y = 7. What is the value of y?", algebra) is None


def test_the_match_has_the_text_that_a_person_compares() -> None:
    (match,) = Contamination([("set", ["Something else.", QUESTION])]).matches([QUESTION.replace("Janet", "Joan")])
    assert match is not None
    assert (match.text, match.where) == (QUESTION, "row 2 of set")
    assert match.share is not None
    assert 0.5 < match.share < 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How much does she make every day?",
        "Tom has 16 marbles. He gives three to his sister every morning. How many are left after 4 days?",
        "x",
        "\ud800\x00",
        "If we know the answer to the above question is " * 5000,
    ],
)
def test_another_question_is_not(text: str) -> None:
    assert one(text) is None


def test_without_a_set_nothing_is_found() -> None:
    assert list(Contamination.load([]).matches([QUESTION])) == [None]


def test_sets_are_read_from_every_kind_of_file(tmp_path: Path) -> None:
    rows = [{"problem": QUESTION, "answer": "18"}]
    lines = json.dumps(rows[0]) + "\n"
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "c.json").write_text(json.dumps(rows))
    (tmp_path / "d.csv").write_text(f'question\n"{QUESTION}"\n')
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "e.parquet")
    body, asked = QUESTION.rsplit(". ", 1)
    (tmp_path / "f.jsonl").write_text(json.dumps({"Body": body, "Question": asked}))
    for path in sorted(tmp_path.iterdir()):
        sets = Contamination.load([path])
        assert [match is not None for match in sets.matches([QUESTION])] == [True], path
        assert sets.names == (f"{tmp_path.name}/{path.name[0]}",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.jsonl", None, "none.jsonl"),
        ("text.jsonl", "no json\n", "line 1"),
        ("other.jsonl", '{"prompt": "x"}\n', "no column of questions"),
        ("empty.jsonl", "", "no rows"),
        ("odd.xyz", "x", "odd.xyz"),
    ],
)
def test_a_file_that_is_no_set_is_one_line(name: str, content: str | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(EvaluationSetError, match=said) as error:
        Contamination.load([tmp_path / name])
    assert "\n" not in str(error.value)


def questions(name: str, column: str) -> list[str]:
    opened = gzip.open if name.endswith(".gz") else open
    with opened(data_file(name), "rt", encoding="utf-8") as file:
        return [json.loads(line)[column] for line in file]


def test_of_gsm8k_train_little_overlaps_with_its_test_and_of_the_test_all_of_it() -> None:
    sets = Contamination.load([data_file("gsm8k/test.jsonl")])
    assert all(sets.matches(questions("gsm8k/test.jsonl", "question")))
    found = [match for match in sets.matches(questions("gsm8k/train.jsonl", "question")) if match]
    assert 1 <= len(found) <= 20


def test_the_near_duplicates_of_math_test_in_its_train_are_found() -> None:
    """Eleven are known (data/SOURCES.md); templates that differ in numbers only are many more."""
    sets = Contamination.load([data_file("math/test.jsonl.gz")])
    by_runs = [match for match in sets.matches(questions("math/train.jsonl.gz", "problem")) if match and match.share]
    assert len(by_runs) >= 11


def test_of_the_backward_rows_of_metamath_those_that_only_mask_are_known_by_our_forms_with_other_numbers() -> None:
    rows = [json.loads(line) for line in data_file("backward/metamath_gsm8k_backward.jsonl").open(encoding="utf-8")]
    masking = [row for row in rows if "If we know the answer of the above question" in row["question"]]
    sets = Contamination([("metamath", [row["question"] for row in masking])])
    other = [re.sub(r"\d", lambda digit: str((int(digit[0]) + 3) % 10), row["original_question"]) for row in masking]
    assert sum(match is not None for match in sets.matches(other)) > 0.9 * len(other)
    backward = [
        fobar(text, condition, "x", "5") for text in dict.fromkeys(other) for condition in find_conditions(text, "text")
    ]
    assert sum(match is not None for match in sets.matches(backward)) > 0.9 * len(backward)
