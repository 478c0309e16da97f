"""What `read` takes and refuses, own records with their columns, and the hub."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generation.sources.catalogue import SOURCES
from generation.sources.errors import SourceError
from generation.sources.ingest import read
from schemas.ingest_error import IngestError
from schemas.problem import Problem

ROW = {"question": "Tom has 2 pens and buys 3. How many?", "answer": "2+3=<<2+3=5>>5\n#### 5"}


def file_of(folder: Path, *records: object, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def one(path: Path, source: str = "records", **more: object) -> Problem:
    (problem,) = read(source, path=path, **more)  # type: ignore[arg-type]
    assert isinstance(problem, Problem), problem
    return problem


def test_arguments_that_cannot_hold_are_refused_at_once_naming_the_value(tmp_path: Path) -> None:
    path = file_of(tmp_path, ROW)
    strange = tmp_path / "rows.txt"
    strange.touch()
    cases: list[tuple[dict[str, object], str]] = [
        ({"source": "gsm9k", "path": path}, "'gsm9k' is not a known source: gsm8k, math"),
        ({"source": "gsm8k"}, "gsm8k is read from a path or a hub name: give one"),
        ({"source": "gsm8k", "path": path, "hub": "a/b"}, "gsm8k is read from a path or a hub name: give only one"),
        ({"source": "gsm8k", "path": tmp_path / "none.jsonl"}, "none.jsonl does not exist"),
        ({"source": "gsm8k", "path": tmp_path / ("a" * 300)}, "cannot be read: File name too long"),
        ({"source": "gsm8k", "path": tmp_path}, f"{tmp_path} is a folder: name one file in it"),
        ({"source": "gsm8k", "path": strange}, "rows.txt is in no format that is read: .jsonl"),
        ({"source": "gsm8k", "path": path, "columns": {"question": "q"}}, "columns are for records only"),
        (
            {"source": "records", "path": path, "columns": {"Frage": "q"}},
            "'Frage' is not a column of records: question",
        ),
        ({"source": "gsm8k", "path": path, "limit": -1}, "a limit of -1 rows"),
        ({"source": "gsm8k", "path": path, "split": "train[:10]"}, "'train[:10]' is not the name of a split"),
    ]
    for arguments, message in cases:
        with pytest.raises(SourceError) as raised:
            read(**arguments)  # type: ignore[arg-type]
        assert message in str(raised.value)
        assert "\n" not in str(raised.value)


def test_a_limit_counts_the_rows_read_and_refused_ones_among_them(tmp_path: Path) -> None:
    path = file_of(tmp_path, ROW, {"question": "no answer"}, ROW, ROW)
    assert [type(found) for found in read("gsm8k", path=path, limit=2)] == [Problem, IngestError]
    assert list(read("gsm8k", path=path, limit=0)) == []
    assert len(list(read("gsm8k", path=path, limit=99))) == 4


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.jsonl", "train"),
        ("mawps_test.jsonl", "test"),
        ("TEST-00000-of-00001.jsonl", "test"),
        ("my.valid.jsonl", "validation"),
        ("val.jsonl", "validation"),
        ("contest.jsonl", "train"),
        ("retrained.jsonl", "train"),
    ],
)
def test_the_split_is_told_from_the_file_name(tmp_path: Path, name: str, split: str) -> None:
    path = file_of(tmp_path, ROW, name=name)
    assert one(path, "gsm8k").split == split
    assert one(path, "gsm8k", split="held_out").split == "held_out"


def test_a_licence_that_is_given_takes_the_place_of_the_usual_one(tmp_path: Path) -> None:
    path = file_of(tmp_path, ROW)
    assert one(path, "gsm8k").licence == "MIT"
    assert one(path, "gsm8k", licence="CC0-1.0").licence == "CC0-1.0"


def test_records_take_every_column_under_any_name(tmp_path: Path) -> None:
    record = {
        "Frage": "q",
        "Weg": "2+3=5",
        "Ergebnis": 5.0,
        "von": "school",
        "teil": "dev",
        "recht": "CC0",
        "art": "text",
    }
    columns = dict(
        zip(("question", "solution", "answer", "source", "split", "licence", "notation"), record, strict=True)
    )
    problem = one(file_of(tmp_path, record), columns=columns, licence="MIT")
    assert problem == Problem(
        question="q",
        solution="2+3=5",
        answer="5",
        notation="text",
        source="school",
        split="dev",
        licence="CC0",
        origin="rows.jsonl:1",
    )


def test_records_that_say_no_more_are_named_after_their_file(tmp_path: Path) -> None:
    problem = one(file_of(tmp_path, {"question": "q", "solution": "a", "answer": "5"}, name="school_test.jsonl"))
    assert (problem.source, problem.split, problem.licence) == ("school_test", "test", "unknown")


def test_an_answer_is_enough_where_nothing_else_can_be_meant(tmp_path: Path) -> None:
    bare = file_of(tmp_path, {"question": "Uma has 3 kites and 4 bows. How many things?", "answer": 7})
    assert (one(bare).solution, one(bare).answer, one(bare).notation) == ("", "7", "text")
    latex = file_of(tmp_path, {"q": r"What is $\frac{1}{2}$ of $8$?", "a": "4"})
    assert one(latex, columns={"question": "q", "answer": "a"}).notation == "latex"
    with pytest.raises(SourceError, match="no column 'solution' for solution"):
        list(read("records", path=file_of(tmp_path, {"q": "Why?", "answer": 7}), columns={"question": "q"}))


def test_records_whose_columns_have_other_names_ask_for_the_mapping(tmp_path: Path) -> None:
    path = file_of(tmp_path, *[{"Frage": "q", "Weg": "a", "answer": 5}] * 300)
    for columns, missing in (
        (None, "no column 'question' for question: map question to one of Frage, Weg, answer"),
        ({"question": "Frage"}, "no column 'solution' for solution"),
        ({"question": "Frage", "solution": "Weg", "licence": "recht"}, "no column 'recht' for licence"),
    ):
        with pytest.raises(SourceError, match=missing):
            list(read("records", path=path, columns=columns))
    assert len(list(read("records", path=path, columns={"question": "Frage", "solution": "Weg"}))) == 300


def test_a_column_mapped_to_one_name_is_not_read_as_another(tmp_path: Path) -> None:
    problem = one(file_of(tmp_path, ROW), columns={"solution": "answer"})
    assert (problem.solution, problem.answer) == ("2+3=<<2+3=5>>5", "5")


def test_one_record_without_a_column_is_refused_alone(tmp_path: Path) -> None:
    good = {"question": "q", "solution": "a", "answer": 5}
    found = list(read("records", path=file_of(tmp_path, {"question": "q"}, good)))
    assert [type(row) for row in found] == [IngestError, Problem]


@pytest.mark.parametrize(
    ("solution", "notation"),
    [
        ("He has 2+3=<<2+3=5>>5 pens.", "annotated"),
        (r"So $x = \frac{1}{2}$, that is \boxed{5}.", "latex"),
        ("Since $x+1=6$ we have 5.", "latex"),
        ("(2+3)*4 = 20", "equation"),
        ("2 pens and 3 pens are 2+3=5 pens.", "text"),
        ("It costs $5 and $6, so $11 = $5 + $6.", "text"),
        ("It costs $5 - $3 = $2.", "text"),
        ("2+3=5\n5*4=20", "text"),
    ],
)
def test_the_notation_is_told_from_the_solution(tmp_path: Path, solution: str, notation: str) -> None:
    problem = one(file_of(tmp_path, {"question": "q", "solution": solution, "answer": "5"}))
    assert problem.notation == notation


@pytest.mark.parametrize(
    ("record", "answer", "solution"),
    [
        ({"solution": "a\n#### $1,000"}, "1000", "a"),
        ({"solution": r"a \boxed{\frac{1}{2}}"}, r"\frac{1}{2}", r"a \boxed{\frac{1}{2}}"),
        ({"solution": "a\n#### 7", "answer": "7"}, "7", "a"),
        ({"solution": "a", "answer": 145.0}, "145", "a"),
        ({"solution": "a", "answer": 0.1}, "0.1", "a"),
        ({"solution": "a", "answer": -3}, "-3", "a"),
        ({"solution": "a", "answer": " $1,234.50 "}, "1234.50", "a"),
        ({"solution": "a", "answer": "2 hours"}, "2 hours", "a"),
        ({"solution": "a", "answer": "-(1/3)"}, "-1/3", "a"),
    ],
)
def test_a_record_answer_is_exact_text(tmp_path: Path, record: dict[str, object], answer: str, solution: str) -> None:
    problem = one(file_of(tmp_path, {"question": "q"} | record))
    assert (problem.answer, problem.solution) == (answer, solution)


def test_csv_and_jsonl_of_the_same_problem_have_the_same_id(tmp_path: Path) -> None:
    record = {"question": "q, and\nmore", "solution": "2+3=5", "answer": 5, "source": "school"}
    table = tmp_path / "a.csv"
    table.write_text('\ufeffquestion,solution,answer,source\r\n"q, and\r\nmore",2+3=5,5,school\r\n', newline="")
    assert one(table).id == one(file_of(tmp_path, record)).id


@pytest.mark.parametrize(
    ("equation", "given", "answer"),
    [
        ("1/3", 0.333333, "1/3"),
        ("1/3", "0.3333333333333333", "1/3"),
        ("2/3", 0.67, "2/3"),
        ("5/2", 2.5, "2.5"),
        ("( 290.0 / 2.0 )", 145.0, "145"),
        ("(3-5)/8", -0.25, "-0.25"),
    ],
)
def test_an_answer_that_the_source_rounds_is_the_exact_one(
    tmp_path: Path, equation: str, given: object, answer: str
) -> None:
    row = {"Body": "b", "Question": "q", "Equation": equation, "Answer": given}
    assert one(file_of(tmp_path, row), "svamp").answer == answer


@pytest.mark.parametrize(
    ("equation", "given"), [("10/3", 3), ("10/3", 3.0), ("7/2", 4), ("1/3", 0.33334), ("2/3", 0.66)]
)
def test_an_answer_that_is_not_the_exact_one_rounded_is_refused(tmp_path: Path, equation: str, given: object) -> None:
    row = {"Body": "b", "Question": "q", "Equation": equation, "Answer": given}
    (error,) = read("svamp", path=file_of(tmp_path, row))
    assert isinstance(error, IngestError)
    assert "the equation gives" in error.reason


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        (r"\boxed{1} or \boxed{2}", "2"),
        (r"\boxed 5$.", "5"),
        (r"\boxed 12.", "12"),
        (r"\boxed\pi", r"\pi"),
        (r"\fbox{7}", "7"),
        (r"\boxed {17}.$$", "17"),
        (r"\boxed{\left\{1,2\right\}}", r"\left\{1,2\right\}"),
        (r"\boxed{\frac{\sqrt{3}}{2}} done", r"\frac{\sqrt{3}}{2}"),
        (r"\boxed{a \} b}", r"a \} b"),
        (r"\boxed{5} in a \boxedup{6}", "5"),
    ],
)
def test_the_last_box_is_the_answer(tmp_path: Path, solution: str, answer: str) -> None:
    assert one(file_of(tmp_path, {"problem": "q", "solution": solution}), "math").answer == answer


def test_every_source_says_its_licence_and_where_it_is_had() -> None:
    assert {name: source.licence for name, source in SOURCES.items()} == {
        "gsm8k": "MIT",
        "math": "MIT",
        "asdiv": "CC BY-NC 4.0",
        "mawps": "MIT",
        "svamp": "MIT",
        "records": "unknown",
    }
    assert all(source.splits for source in SOURCES.values())


def test_the_form_of_mawps_on_the_hub_is_read(tmp_path: Path) -> None:
    row = {"question": "Tom has 32 and 42, and eats 35. How many?", "expression": "((32.0+42.0)-35.0)", "result": "39"}
    problem = one(file_of(tmp_path, row), "mawps")
    assert (problem.solution, problem.answer) == ("(32+42)-35=39", "39")


HUB = """
import sys
from generation.sources.errors import SourceError
from generation.sources.ingest import read
for asked in sys.argv[3:]:
    split, limit = asked.split(":")
    try:
        for found in read(sys.argv[1], hub=sys.argv[2], split=split, limit=int(limit) or None):
            print(found.origin, found.source, found.split, found.answer)
    except SourceError as error:
        print("SourceError:", error)
"""


def from_hub(cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh process, since `datasets` reads its settings when it is imported."""
    settings = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run(
        [sys.executable, "-c", HUB, *arguments], env=os.environ | settings, capture_output=True, text=True, timeout=120
    )


def test_a_hub_that_cannot_be_reached_gives_one_clear_line(tmp_path: Path) -> None:
    done = from_hub(tmp_path, "gsm8k", "openai/gsm8k", "train:0", "train:5")
    lines = (done.stdout + done.stderr).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("SourceError: openai/gsm8k:main, split train, cannot be read from the hub: ")
        assert "openai/gsm8k" in line.partition("from the hub")[2]


def test_a_folder_laid_out_as_on_the_hub_is_read_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    folder.mkdir()
    file_of(folder, *[ROW] * 3, name="train.jsonl")
    file_of(folder, ROW, name="test.jsonl")
    done = from_hub(tmp_path / "cache", "gsm8k", str(folder), "train:0", "train:2", "nowhere:1")
    *read, wrong = done.stdout.splitlines()
    assert read == [f"{folder}:{n} gsm8k train 5" for n in (1, 2, 3, 1, 2)], done.stderr
    assert wrong.startswith(f"SourceError: {folder}, split nowhere, cannot be read from the hub: ")
