"""`backmath ingest`: what it adds, refuses, says and leaves behind."""

import gzip
import json
from pathlib import Path
from typing import get_args

import pytest

from backmath.app import main
from backmath.ingest import BATCH, SourceName
from generation.sources.catalogue import SOURCES
from tests.backmath import cli

GOOD = {"question": "Ann has 3 pens and buys 4. How many has she now?", "answer": "3+4=<<3+4=7>>7\n#### 7"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, its workspace the default one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BACKMATH_WORKSPACE", raising=False)
    return tmp_path


def rows(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def numbered(count: int) -> list[str]:
    return [json.dumps(GOOD | {"question": f"{number}: {GOOD['question']}"}) for number in range(count)]


def test_every_source_can_be_named() -> None:
    assert set(get_args(SourceName)) == set(SOURCES)


def test_a_bad_row_is_kept_with_file_line_and_reason_and_the_rest_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows(folder / "rows.jsonl", *numbered(1), "{broken", '{"question": "q"}', json.dumps(GOOD))
    assert main(["ingest", "gsm8k", "--path", "rows.jsonl"]) == 0
    shown = capsys.readouterr().out
    assert [line.split() for line in shown.splitlines()][:3] == [
        ["problems", "added", "2"],
        ["there", "already", "0"],
        ["rows", "refused", "2"],
    ]
    assert "there is no answer" in shown
    assert "ingest_errors" in shown
    kept = cli.query(folder / "workspace", "SELECT file, line FROM ingest_errors ORDER BY line")
    assert kept == [("rows.jsonl", 2), ("rows.jsonl", 3)]
    assert cli.query(folder / "workspace", "SELECT origin FROM problems ORDER BY origin") == [
        ("rows.jsonl:1",),
        ("rows.jsonl:4",),
    ]


def test_ingesting_twice_adds_nothing_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows(folder / "rows.jsonl", *numbered(3), "{broken")
    assert main(["ingest", "gsm8k", "--path", "rows.jsonl"]) == 0
    before = cli.contents(folder / "workspace")
    capsys.readouterr()
    assert main(["ingest", "gsm8k", "--path", "rows.jsonl"]) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["problems", "added", "0"] in shown
    assert ["there", "already", "3"] in shown
    assert cli.contents(folder / "workspace") == before


def test_a_file_that_breaks_off_keeps_what_stood_before_and_says_where(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = gzip.compress("\n".join(numbered(BATCH + 500)).encode())
    (folder / "rows.jsonl.gz").write_bytes(whole[: len(whole) * 9 // 10])
    assert main(["ingest", "gsm8k", "--path", "rows.jsonl.gz"]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "rows.jsonl.gz breaks off after" in line
    ((kept,),) = cli.query(folder / "workspace", "SELECT count(*) FROM problems")
    assert f"{kept:,} problems before that were added and are kept" in line
    assert BATCH < kept < BATCH + 500
    assert cli.query(folder / "workspace", "SELECT status FROM runs") == [("failed",)]
    (folder / "rows.jsonl.gz").write_bytes(whole)
    assert main(["ingest", "gsm8k", "--path", "rows.jsonl.gz"]) == 0
    assert cli.query(folder / "workspace", "SELECT count(*) FROM problems") == [(BATCH + 500,)]
    assert cli.query(folder / "workspace", "SELECT status FROM runs") == [("done",)]


def test_columns_of_own_records_are_mapped(folder: Path) -> None:
    record = {"q": GOOD["question"], "answer": GOOD["answer"], "terms": "CC0-1.0"}
    rows(folder / "school.jsonl", json.dumps(record))
    assert (
        main(["ingest", "records", "--path", "school.jsonl", "--columns", "question=q,solution=answer,licence=terms"])
        == 0
    )
    found = cli.query(folder / "workspace", "SELECT source, licence, question, answer FROM problems")
    assert found == [("school", "CC0-1.0", GOOD["question"], "7")]


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["gsm8k"], 2, "give either --path FILE or --hub NAME"),
        (["gsm8k", "--path", "a", "--hub", "b"], 2, "give either --path FILE or --hub NAME"),
        (["trivia", "--path", "rows.jsonl"], 2, "'trivia'"),
        (["records", "--path", "rows.jsonl", "--columns", "question"], 2, "'question' is not NAME=COLUMN"),
        (["records", "--path", "rows.jsonl", "--columns", "title=q"], 1, "'title' is not a column of records"),
        (["gsm8k", "--path", "rows.jsonl", "--limit", "0"], 2, "--limit"),
        (["gsm8k", "--path", "absent.jsonl"], 1, "absent.jsonl does not exist; nothing was added"),
        (["gsm8k", "--path", "."], 1, "is a folder"),
        (["gsm8k", "--path", "rows.docx"], 1, "rows.docx"),
    ],
)
def test_a_wrong_argument_is_one_line_that_names_it_and_leaves_no_store(
    arguments: list[str], code: int, named: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows(folder / "rows.jsonl", *numbered(1))
    (folder / "rows.docx").touch()
    assert main(["ingest", *arguments]) == code
    out, err = capsys.readouterr()
    assert not out
    assert named in err
    assert err.count("\n") == 1
    assert not (folder / "workspace").exists()
