"""The public sources as they are published: what their rows become, and which of them are refused."""

import json
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from generation.sources.ingest import read
from generation.verification.expression import evaluate, parse
from schemas.ingest_error import IngestError
from schemas.problem import Problem
from tests.data import data_file


def both(source: str, name: str) -> tuple[list[Problem], list[IngestError]]:
    found = list(read(source, path=data_file(name)))
    return [p for p in found if isinstance(p, Problem)], [e for e in found if isinstance(e, IngestError)]


def test_every_row_of_gsm8k_is_read_in_time() -> None:
    path = data_file("gsm8k/train.jsonl")
    start = time.perf_counter()
    problems = [p for p in read("gsm8k", path=path) if isinstance(p, Problem)]
    elapsed = time.perf_counter() - start
    assert len(problems) == 7_473
    assert elapsed < 1.5  # 0.13 s alone on one core; the rest is for a busy machine
    first = problems[0]
    assert first.question.startswith("Natalia sold clips to 48")
    assert first.solution.endswith("<<48+24=72>>72 clips altogether in April and May.")
    assert (first.answer, first.notation, first.source) == ("72", "annotated", "gsm8k")
    assert (first.split, first.licence, first.origin) == ("train", "MIT", "train.jsonl:1")
    given = [json.loads(line)["answer"].split("#### ")[1].replace(",", "") for line in path.read_text().splitlines()]
    assert [p.answer for p in problems] == given


def test_a_row_has_the_same_id_wherever_it_is_read_from(tmp_path: Path) -> None:
    path = data_file("gsm8k/test.jsonl")
    copy = tmp_path / "half.jsonl"
    copy.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True)[:600])))
    once, again, half = (
        {found.id for found in read("gsm8k", path=at) if isinstance(found, Problem)} for at in (path, path, copy)
    )
    assert len(once) == 1_319
    assert once == again
    assert half < once


@pytest.mark.parametrize(
    ("name", "rows", "split"), [("train.jsonl.gz", 7_500, "train"), ("test.jsonl.gz", 5_000, "test")]
)
def test_math_answers_are_what_the_last_box_holds(name: str, rows: int, split: str) -> None:
    problems, errors = both("math", f"math/{name}")
    assert len(problems) + len(errors) == rows
    assert {e.reason for e in errors} <= {"the last box of solution is empty"}
    assert len(errors) <= 2
    assert {p.split for p in problems} == {split}
    for p in problems:
        assert p.answer in p.solution[max(p.solution.rfind(r"\boxed"), p.solution.rfind(r"\fbox")) :]
        opened = p.answer.replace(r"\{", "").replace(r"\}", "")
        assert opened.count("{") == opened.count("}"), p.answer


def test_math500_gives_its_own_answers() -> None:
    problems, errors = both("math", "math/math500.jsonl")
    assert not errors
    given = [json.loads(line)["answer"] for line in data_file("math/math500.jsonl").read_text().splitlines()]
    assert [p.answer for p in problems] == given


@pytest.mark.parametrize(
    ("source", "name", "at_least", "rows"),
    [
        ("asdiv", "equations/asdiv_official.jsonl", 1_560, 2_305),
        ("asdiv", "eval/asdiv.jsonl", 1_560, 2_215),
        ("mawps", "equations/mawps_svamp_repo.jsonl", 1_890, 1_920),
        ("mawps", "equations/multiarith_official.jsonl", 600, 600),
        ("svamp", "eval/svamp.jsonl", 999, 1_000),
    ],
)
def test_an_equation_gives_exactly_the_answer(source: str, name: str, at_least: int, rows: int) -> None:
    problems, errors = both(source, name)
    assert len(problems) >= at_least
    assert len(problems) + len(errors) == rows
    assert all(e.reason and e.raw and e.file == Path(name).name for e in errors)
    for p in problems:
        left, sign, right = p.solution.partition("=")
        assert sign
        assert p.notation == "equation"
        assert evaluate(parse(left)) == evaluate(parse(right)) == Fraction(p.answer)
        assert " " not in p.solution
        assert not set(left) - set("0123456789.+-*/^()%")


def test_the_two_forms_of_asdiv_are_the_same_problems() -> None:
    official, _ = both("asdiv", "equations/asdiv_official.jsonl")
    repacked, _ = both("asdiv", "eval/asdiv.jsonl")
    assert {p.id for p in official} == {p.id for p in repacked}
    assert {p.licence for p in official} == {"CC BY-NC 4.0"}


def test_asdiv_refuses_what_is_no_single_number_with_the_reason() -> None:
    _, errors = both("asdiv", "equations/asdiv_official.jsonl")
    kinds = Counter(e.reason.partition(":")[0] for e in errors)
    assert kinds["the answer is a time or a ratio"] == 61
    assert kinds["several answers"] == 90
    assert kinds["the formula has a remainder"] == 150
    assert kinds["the formula has several equations"] == 144


def test_mawps_templates_read_as_people_write() -> None:
    problems, _ = both("mawps", "equations/mawps_svamp_repo.jsonl")
    assert problems[0].question == (
        "Bryan took a look at his books as well. If Bryan has 56 books in each of his 9 bookshelves, "
        "how many books does he have in total?"
    )
    assert (problems[0].solution, problems[0].answer) == ("56*9=504", "504")
    text = "\n".join(p.question for p in problems)
    for torn in (" .", " ,", " ?", "$ ", " %", " n't", " 's ", "number0", ".0 "):
        assert torn not in text, torn


def test_mawps_without_equations_says_so_for_every_row() -> None:
    problems, errors = both("mawps", "eval/mawps_test.jsonl")
    assert not problems
    assert len(errors) == 2_065
    assert {e.reason.partition(":")[0] for e in errors} == {"there is no equation"}


def test_svamp_questions_join_the_body_with_the_mark_that_belongs_there() -> None:
    problems, errors = both("svamp", "eval/svamp.jsonl")
    assert problems[0].question.endswith(
        "If the bananas are organized into 2 groups and oranges are organized into 93 groups, "
        "how big is each group of bananas?"
    )
    assert (problems[0].solution, problems[0].answer) == ("290/2=145", "145")
    assert not [p.question for p in problems if "$ " in p.question or ",," in p.question or ".," in p.question]
    # The one row that is wrong: 4 - 2 + 3 apples, and an answer of 1.
    assert [e.reason for e in errors] == ["the equation gives 5, the answer says 1"]
