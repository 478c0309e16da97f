"""Rows that cannot become a problem: each is refused with its line and its reason, and those around it are read."""

import json
import time
from pathlib import Path

import pytest

from generation.sources.ingest import read
from generation.sources.row import MAX_RAW, MAX_ROW
from schemas.ingest_error import IngestError
from schemas.problem import Problem

GOOD: dict[str, dict[str, object]] = {
    "gsm8k": {"question": "Tom has 2 pens and buys 3. How many?", "answer": "2+3=<<2+3=5>>5\n#### 5"},
    "math": {"problem": "What is $1+1$?", "solution": r"It is $\boxed{2}$."},
    "asdiv": {"Body": "Tom has 2 pens.", "Question": "He buys 3. How many?", "Answer": "5 (pens)", "Formula": "2+3=5"},
    "mawps": {"Question": "Is number0 ?", "Numbers": "2.0 3.0", "Equation": "+ number0 number1", "Answer": "5.0"},
    "svamp": {"Body": "Tom has 2 pens", "Question": "How many?", "Equation": "( 2.0 + 3.0 )", "Answer": 5.0},
    "records": {"question": "Tom has 2 pens and buys 3. How many?", "solution": "2+3=5", "answer": 5},
}

BAD_LINES = [
    (b'{"question": "a", "answer": ', "invalid JSON: Expecting value"),
    (b"not json", "invalid JSON: Expecting value"),
    (b"[1, 2]", "the row is a list, not an object"),
    (b"7", "the row is a number, not an object"),
    (b"null", "the row is empty, not an object"),
    (b'{"question": "\xff\xfe", "answer": "1 #### 1"}', "invalid UTF-8 at byte 14"),
    (b'{"question": "a\x00b", "answer": "1 #### 1"}', "invalid JSON: Invalid control character"),
    (b'{"question": "a", "answer": NaN}', "invalid JSON: NaN is no number of JSON"),
    (b'{"question": "a", "answer": ' + b"9" * 100_000 + b"}", "invalid JSON: Exceeds the limit (4300 digits)"),
    (b"[" * 100_000, "invalid JSON: maximum recursion depth exceeded"),
    (b'{"a":' * 100_000, "invalid JSON: maximum recursion depth exceeded"),
    (b'{"question": "' + b"a" * MAX_ROW + b'"}', "longer than 4 MiB"),
]

BAD_FIELDS = [
    ("gsm8k", {"question": ""}, "question is empty"),
    ("gsm8k", {"question": " \n\t"}, "question is empty"),
    ("gsm8k", {"question": None}, "question is empty"),
    ("gsm8k", {"question": 7}, "question is a number, not text"),
    ("gsm8k", {"question": 1.5}, "question is a number, not text"),
    ("gsm8k", {"question": True}, "question is a true or false value, not text"),
    ("gsm8k", {"question": ["a"]}, "question is a list, not text"),
    ("gsm8k", {"question": {"a": 1}}, "question is an object, not text"),
    ("gsm8k", {"question": "a\x00b"}, "question holds a null byte at 1"),
    ("gsm8k", {"question": "a\x1b[2J"}, "question holds a control character (U+001B) at 1"),
    ("gsm8k", {"question": "5 \u202e01 x"}, "question holds a text-direction mark (U+202E) at 2"),
    ("gsm8k", {"question": "5 \u200f01"}, "question holds a text-direction mark (U+200F) at 2"),
    ("gsm8k", {"question": "a\ud800b"}, "question holds a lone surrogate or invalid UTF-8 (U+D800) at 1"),
    ("gsm8k", {"question": "a" * 20_001}, "question has 20,001 characters, more than 20,000"),
    ("gsm8k", {"answer": "1 " * 25_001 + "#### 1"}, "answer has 50,008 characters, more than 50,000"),
    ("gsm8k", {"answer": "2+3=<<2+3=5>>5"}, "answer has no ####"),
    ("gsm8k", {"answer": "#### 5"}, "answer has no solution before ####"),
    ("gsm8k", {"answer": "a #### 5 #### 6"}, "answer has more than one ####"),
    ("gsm8k", {"answer": "a ####"}, "what follows #### is empty"),
    ("gsm8k", {"answer": "a #### five"}, "what follows #### is 'five', not a number"),
    ("gsm8k", {"answer": "a #### 5, 6"}, "what follows #### is '5, 6', not a number"),
    ("gsm8k", {"answer": "a #### 1,00"}, "what follows #### is '1,00', not a number"),
    ("gsm8k", {"answer": "a #### 1/0"}, "what follows #### is '1/0', not a number"),
    ("gsm8k", {"answer": "a #### 1.5/2"}, "what follows #### is '1.5/2', not a number"),
    ("gsm8k", {"answer": "a #### ٣"}, "what follows #### is '٣', not a number"),
    ("gsm8k", {"answer": "a #### " + "9" * 51}, "not a number"),
    ("gsm8k", {"answer": "a #### __import__('os').system('id')"}, "not a number"),
    ("gsm8k", {"answer": "a #### 9**9**9**9"}, "what follows #### is '9**9**9**9', not a number"),
    ("math", {"solution": "It is 2."}, r"solution has no \boxed answer"),
    ("math", {"solution": r"\boxed{}"}, "the last box of solution is empty"),
    ("math", {"solution": r"\boxed{\frac{1}{2}"}, "the last box of solution is not closed"),
    ("math", {"solution": r"\boxed{" + "{" * 40_000}, "the last box of solution is not closed"),
    ("math", {"solution": r"\boxed{" + "1" * 501 + "}"}, "the last box of solution has 501 characters, more than 500"),
    ("asdiv", {"Answer": "10:30"}, "the answer is a time or a ratio: 10:30"),
    ("asdiv", {"Answer": "5 (a); 6 (b)"}, "several answers: 5 (a); 6 (b)"),
    ("asdiv", {"Answer": "Tom"}, "answer is 'Tom', not a number"),
    ("asdiv", {"Answer": "6 (pens)"}, "the formula ends in 5, the answer says 6"),
    ("asdiv", {"Formula": "5/2=2 r1"}, "the formula has a remainder: 5/2=2 r1"),
    ("asdiv", {"Formula": "2+1=3; 3+2=5"}, "the formula has several equations"),
    ("asdiv", {"Formula": "GCD(10,5)=5"}, "the formula is not a calculation and its result"),
    ("asdiv", {"Formula": "2+3+1=5"}, "the equation gives 6, the answer says 5"),
    ("mawps", {"Equation": "+ number0 number2"}, "number2 is not among the 2 Numbers"),
    ("mawps", {"Equation": "+ number0"}, "the equation has too few operands for +"),
    ("mawps", {"Equation": "number0 number1"}, "the equation has 2 parts that no operator joins"),
    ("mawps", {"Equation": "+ " * 200 + "1"}, "the equation has too few operands for +"),
    ("mawps", {"Numbers": "2.0 three"}, "a number of Numbers is 'three', not a number"),
    ("mawps", {"Numbers": [2, 3]}, "Numbers is a list, not text"),
    ("svamp", {"Answer": "five"}, "Answer is 'five', not a number"),
    ("svamp", {"Answer": [5]}, "Answer is a list, not a number"),
    ("svamp", {"Answer": True}, "Answer is a true or false value, not a number"),
    ("svamp", {"Answer": 10**60}, "Answer has more than 50 digits"),
    ("svamp", {"Answer": 6}, "the equation gives 5, the answer says 6"),
    ("svamp", {"Equation": 5}, "Equation is a number, not text"),
    ("svamp", {"Equation": "__import__('os').system('id')"}, "the equation is not plain arithmetic"),
    ("svamp", {"Equation": "9**9**9**9"}, "the equation is not plain arithmetic: an exponent over 64"),
    ("svamp", {"Equation": "(10**9)!"}, "the equation is not plain arithmetic"),
    ("svamp", {"Equation": "Sum(k, (k, 1, 10**12))"}, "the equation is not plain arithmetic"),
    ("svamp", {"Equation": "5/0"}, "the equation is not plain arithmetic: division by zero"),
    ("svamp", {"Equation": "(" * 400 + "5"}, "the equation is not plain arithmetic: nested more than"),
    ("svamp", {"Equation": "(" * 100_000}, "Equation has 100,000 characters, more than 500"),
    ("records", {"answer": None}, "there is no answer, and solution has neither"),
    ("records", {"answer": ["5"]}, "answer is a list, not a number"),
    ("records", {"answer": "a" * 501}, "answer has 501 characters, more than 500"),
    ("records", {"solution": "#### 5"}, "solution has nothing before ####"),
    ("records", {"notation": "prose"}, "notation is 'prose', not one of annotated, latex, equation, text"),
    ("records", {"licence": 5}, "licence is a number, not text"),
]


def between_good_ones(tmp_path: Path, source: str, line: bytes) -> IngestError:
    """The error of the line, after the good rows before and behind it were read."""
    good = json.dumps(GOOD[source]).encode()
    path = tmp_path / "rows.jsonl"
    path.write_bytes(good + b"\n" + line + b"\n" + good + b"\n")
    start = time.perf_counter()
    before, error, behind = read(source, path=path)
    assert time.perf_counter() - start < 5
    assert isinstance(before, Problem)
    assert isinstance(behind, Problem)
    assert before.id == behind.id
    assert isinstance(error, IngestError)
    assert (error.file, error.line) == ("rows.jsonl", 2)
    assert "\n" not in error.reason
    assert len(error.raw) <= MAX_RAW
    return error


@pytest.mark.parametrize(("line", "reason"), BAD_LINES, ids=[reason for _, reason in BAD_LINES])
def test_a_line_that_is_no_row_is_refused(tmp_path: Path, line: bytes, reason: str) -> None:
    assert between_good_ones(tmp_path, "gsm8k", line).reason.startswith(reason)


@pytest.mark.parametrize(("source", "change", "reason"), BAD_FIELDS, ids=[f"{s}: {r}" for s, _, r in BAD_FIELDS])
def test_a_row_with_a_bad_field_is_refused(tmp_path: Path, source: str, change: dict[str, object], reason: str) -> None:
    assert reason in between_good_ones(tmp_path, source, json.dumps(GOOD[source] | change).encode()).reason


@pytest.mark.parametrize("source", GOOD)
def test_a_row_without_a_needed_field_is_refused(tmp_path: Path, source: str) -> None:
    for name in GOOD[source]:
        left = {key: value for key, value in GOOD[source].items() if key != name}
        if source == "records" and name == "solution":
            continue  # the answer is enough
        if name in {"Body", "Numbers"} and source in {"asdiv", "mawps"}:
            continue  # a body is optional, and a row without Numbers is another form
        assert between_good_ones(tmp_path, source, json.dumps(left).encode()).reason


def test_a_number_is_read_exactly_or_refused_before_it_is_written_out(tmp_path: Path) -> None:
    for number in (b"1e999999999", b"1e-999999999", b"-1E+51"):
        line = json.dumps(GOOD["svamp"]).encode().replace(b"5.0}", number + b"}")
        assert "out of range" in between_good_ones(tmp_path, "svamp", line).reason
    path = tmp_path / "exact.jsonl"
    path.write_text('{"question": "q", "solution": "s", "answer": 0.1000000000000000055511151231257827}')
    (problem,) = read("records", path=path)
    assert isinstance(problem, Problem)
    assert problem.answer == "0.1000000000000000055511151231257827"


def test_what_is_kept_of_a_refused_row_does_no_harm_in_a_terminal(tmp_path: Path) -> None:
    error = between_good_ones(tmp_path, "gsm8k", b'\x1b[2J\xff\x00"' + "\u202e".encode())
    assert error.raw.isprintable()
    assert r"\x1b" in error.raw
