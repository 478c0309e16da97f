"""Evaluation sets: every public one is read whole, and what is wrong with a file is said in one line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.data import DATA, data_file
from training.errors import EvaluationError
from training.evaluation.held_out import held_out
from training.evaluation.sets import KNOWN, MARKED, load
from training.release import Release

ROWS = {
    "gsm8k": 1319,
    "math": 5000,
    "math500": 500,
    "svamp": 1000,
    "asdiv": 2214,  # one problem is in it twice
    "gsm_hard": 1319,
    "aqua": 254,
    "gsm8k_backward": 1270,
    "processbench_gsm8k": 400,
    "processbench_math": 1000,
}


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_there_is_a_figure_for_every_known_set() -> None:
    assert ROWS.keys() == {*KNOWN, *MARKED}


@pytest.mark.parametrize("name", [name for name in ROWS if name != "math"])  # MATH takes seconds, and is as MATH-500
def test_a_public_set_is_read_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data_file(KNOWN[name].file if name in KNOWN else MARKED[name][0])
    monkeypatch.setenv("BACKMATH_DATA", str(DATA))
    found = load(name)
    assert len(found.questions) + len(found.marked) == found.about.asked == ROWS[name]
    assert found.about.sha256
    assert found.about.refused.keys() <= {"asked before"}


def test_a_backward_set_shares_its_problems_with_the_forward_one(monkeypatch: pytest.MonkeyPatch) -> None:
    data_file("backward/metamath_gsm8k_backward.jsonl")
    monkeypatch.setenv("BACKMATH_DATA", str(DATA))
    forward, backward = load("gsm8k"), load("gsm8k_backward")
    known = {each.problem_id for each in forward.questions}
    assert sum(each.problem_id in known for each in backward.questions) > 0.99 * len(backward.questions)
    assert sum(each.original_answer is not None for each in backward.questions) > 800
    assert {each.kind for each in backward.questions} == {"backward"}
    drawn = backward.drawn(30, 1).questions
    assert len({each.problem_id for each in drawn}) == len(forward.drawn(30, 1).questions) == 30
    assert drawn == backward.drawn(30, 1).questions
    assert drawn != backward.drawn(30, 2).questions


def test_facts_are_read_off_the_question_and_its_solution(tmp_path: Path) -> None:
    solution = "1200/2=<<1200/2=600>>600\n600+1200=<<600+1200=1800>>1800\n#### 1800"
    file = write(tmp_path / "a.jsonl", [{"question": "Ann has 1,200 pens and buys half as many.", "answer": solution}])
    (asked,) = load(f"gsm8k={file}").questions
    assert (asked.facts.steps, asked.facts.operations, asked.facts.largest_number) == (2, 2, 1200.0)
    assert (asked.facts.answer_type, asked.gold) == ("integer", "1800")
    assert "<<" not in asked.reference


def test_rows_that_cannot_be_read_are_counted_and_the_rest_is_asked(tmp_path: Path) -> None:
    good = {"question": "1+1?", "answer": "2"}
    backward = {"question": "Which x?", "answer": "1", "original_answer": "3"}
    file = write(tmp_path / "own.jsonl", [good, {"question": "2+2?"}, good, backward])
    found = load(f"own={file}")
    assert [(each.question, each.kind) for each in found.questions] == [("1+1?", "forward"), ("Which x?", "backward")]
    assert found.about.rows == 4
    assert sum(found.about.refused.values()) == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing", None, "'nothing' is no known evaluation set"),
        ("own={}/no.jsonl", None, "does not exist"),
        ("own={}/a.jsonl", "", "has no row that can be asked"),
        ("aqua={}/a.jsonl", '{"question": "a", "options": ["A)1", "B)2"], "correct": "C"}\n', "which no option begins"),
        ("processbench_math={}/a.jsonl", '{"problem": "a", "steps": ["b"], "label": 1}\n', "label is not the index"),
        ("gsm8k={}/a.jsonl", "not json\n", "has no row that can be asked"),
        ("gsm8k_backward", None, "on no hub"),
    ],
)
def test_what_is_wrong_with_a_set_is_one_line(
    name: str, content: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKMATH_DATA", raising=False)
    if content is not None:
        (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(EvaluationError, match=said) as error:
        load(name.format(tmp_path))
    assert "\n" not in str(error.value)


def test_the_held_out_split_has_pairs(released: Path) -> None:
    release = Release(released)
    found = held_out("release:train", "train", release)
    forward = {each.problem_id: each for each in found.questions if each.kind == "forward"}
    backward = [each for each in found.questions if each.kind == "backward"]
    assert backward
    for each in backward:
        assert forward[each.problem_id].gold == each.original_answer
        assert forward[each.problem_id].question == each.original_question
        assert each.facts.condition_kind
        assert 0 <= (each.facts.condition_position or 0) < 1
    with pytest.raises(EvaluationError, match="no split of a release"):
        held_out("release:all", "all", release)
