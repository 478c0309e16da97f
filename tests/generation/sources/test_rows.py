"""Files in every format: rows come with their line, as a stream, and a file that breaks off says so."""

import csv
import gzip
import itertools
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from generation.sources.errors import SourceError
from generation.sources.row import Row
from generation.sources.rows import rows
from schemas.ingest_error import IngestError

RECORDS: list[dict[str, object]] = [
    {"question": f'Tom said "{n}, no more".\nHow many, ¿{n}?', "answer": f"<<{n}+1={n + 1}>>\n#### {n + 1}"}
    for n in range(40)
]


def written(folder: Path, name: str) -> Path:
    path = folder / name
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)
    match name.split(".", 1)[1]:
        case "jsonl":
            path.write_text("\ufeff" + lines.replace("\n{", "\r\n\r\n{"))
        case "jsonl.gz":
            path.write_bytes(gzip.compress(lines.encode()))
        case "json":
            path.write_text(json.dumps(RECORDS, indent=2))
        case "json.gz":
            path.write_bytes(gzip.compress(("\ufeff \n" + json.dumps(RECORDS)).encode()))
        case "csv":
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, list(RECORDS[0]))
                writer.writeheader()
                writer.writerows(RECORDS)
        case "parquet":
            parquet.write_table(pa.Table.from_pylist(RECORDS), path, row_group_size=7)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.json.gz", "a.csv", "a.parquet"])
def test_every_format_gives_the_same_rows_in_order(tmp_path: Path, name: str) -> None:
    found = list(rows(written(tmp_path, name)))
    assert [row.fields for row in found if isinstance(row, Row)] == RECORDS
    assert [row.line for row in found] == sorted({row.line for row in found})


def test_lines_are_those_that_an_editor_shows(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text('a,b\n1,2\n"x\ny",3\n\n4,5\n')
    assert [row.line for row in rows(table)] == [2, 3, 6]
    lines = tmp_path / "a.jsonl"
    lines.write_text('\n{"a": 1}\n   \n{"a": "\u2028"}\n')
    assert [row.line for row in rows(lines)] == [2, 4]


def test_the_rows_of_a_list_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[\n  {"a": 1},\n\n  {"a":\n 2}, 3, {"a": "x\\n[,{"}\n]\n')
    assert [(row.line, isinstance(row, Row)) for row in rows(path)] == [(1, True), (2, True), (3, False), (4, True)]


def test_a_json_file_may_also_hold_one_object_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}\n{"a": [\n{"a": 3}\n')
    assert [isinstance(row, Row) for row in rows(path)] == [True, False, True]


def test_a_malformed_element_of_a_list_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1}, {"a": nope}, 7, {"a" 1}, {"a": "b\n}, {"a": 2},]')
    found = list(rows(path))
    assert [row.fields for row in found if isinstance(row, Row)] == [{"a": 1}, {"a": 2}]
    assert len([row for row in found if isinstance(row, IngestError)]) == 4


def test_strings_and_brackets_may_fall_on_any_boundary_of_what_is_read_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{"a": 'q"uo\\te', "b": ["[", {"c": "]}"}]}, {"a": "\\\\", "b": []}]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(records))
    for size in range(1, 40):
        monkeypatch.setattr("generation.sources.json_rows._CHUNK", size)
        assert [row.fields for row in rows(path) if isinstance(row, Row)] == records


def test_a_malformed_row_of_csv_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n3\n4,5,6\n"7"8,9\n10,11\n')
    found = list(rows(path))
    assert [row.fields for row in found if isinstance(row, Row)] == [{"a": "1", "b": "2"}, {"a": "10", "b": "11"}]
    reasons = {row.line: row.reason for row in found if isinstance(row, IngestError)}
    assert reasons[3] == "the header has 2 cells, the row 1"
    assert reasons[4] == "the header has 2 cells, the row 3"
    assert reasons[5].startswith("invalid CSV: ")


def test_a_quote_that_csv_never_closes_does_not_eat_the_rest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"open,2\n' + "3,4\n" * 50_000)
    found = list(rows(path))
    assert any(isinstance(row, IngestError) and "field limit" in row.reason for row in found)
    assert len([row for row in found if isinstance(row, Row)]) > 10_000


def test_parquet_text_that_is_no_utf8_costs_only_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    column = pa.array([b"fine", b"\xff\xfe", b"too"]).cast(pa.binary()).view(pa.string())
    parquet.write_table(pa.table({"a": column}), path)
    found = list(rows(path))
    assert [row.fields for row in found if isinstance(row, Row)] == [{"a": "fine"}, {"a": "too"}]
    assert [row.line for row in found if isinstance(row, IngestError)] == [2]


XML = """<?xml version="1.0" encoding="UTF-8"?>
<Machine-Reading-Corpus-File><ProblemSet>
  <Problem ID="n-1" Grade="1">
    <Body>Tom has 7 &lt;red&gt; pens &amp; 2 green ones.</Body>
    <Question>How many?</Question><Solution-Type>Addition</Solution-Type>
    <Answer>9 (pens)</Answer><Formula>7+2=9</Formula>
  </Problem>
  <Problem ID="n-2"><Body></Body><Question>And?</Question></Problem>
</ProblemSet></Machine-Reading-Corpus-File>"""


def test_xml_gives_attributes_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "ASDiv.xml"
    path.write_text(XML)
    assert list(rows(path)) == [
        Row(
            3,
            {
                "ID": "n-1",
                "Grade": "1",
                "Body": "Tom has 7 <red> pens & 2 green ones.",
                "Question": "How many?",
                "Solution-Type": "Addition",
                "Answer": "9 (pens)",
                "Formula": "7+2=9",
            },
        ),
        Row(8, {"ID": "n-2", "Body": "", "Question": "And?"}),
    ]


def test_xml_that_declares_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>'
    path.write_text(XML.replace("<Machine", f"{bomb}<Machine", 1))
    with pytest.raises(SourceError, match="document type declaration is refused"):
        list(rows(path))


def test_xml_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(XML.replace("<Question>And?</Question>", "<Question>And?</Body>"))
    first, error = rows(path)
    assert isinstance(first, Row)
    assert isinstance(error, IngestError)
    assert error.line == 8
    assert error.reason.startswith("no well-formed XML")


def many(path: Path, mark: str) -> None:
    first, *others = [json.dumps({"a": "x" * 400})] * 40_000
    with path.open("w") as file:
        file.write(("[" if mark == "," else "") + first)
        file.writelines(mark + record for record in others)
        file.write("]" if mark == "," else "")


@pytest.mark.parametrize(("name", "mark"), [("a.jsonl", "\n"), ("a.json", ",")])
def test_memory_stays_flat_however_long_the_file(tmp_path: Path, name: str, mark: str) -> None:
    many(tmp_path / name, mark)
    found = rows(tmp_path / name)
    next(found)
    tracemalloc.start()
    count = sum(1 for _ in found)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 39_999
    assert peak < 2 << 20  # of 16 MiB


def broken_gzip(path: Path) -> None:
    text = "".join(json.dumps({"a": str(n) * n}) + "\n" for n in range(2_000)).encode()
    path.write_bytes(gzip.compress(text)[:-200])


def no_gzip(path: Path) -> None:
    path.write_text('{"a": 1}\n')


def nothing(path: Path) -> None:
    path.touch()


def open_list(path: Path) -> None:
    path.write_text('[{"a": 1}, {"a": 2},')


def two_lists(path: Path) -> None:
    path.write_text('[{"a": 1}][{"a": 2}]')


def open_brackets(path: Path) -> None:
    path.write_text('[{"a": 1}, {"a": [2}, ' + '{"a": 3}, ' * 600_000)


def twice_named(path: Path) -> None:
    path.write_text("a,b,a\n1,2,3\n")


@pytest.mark.parametrize(
    ("name", "write", "read", "message"),
    [
        ("a.jsonl.gz", broken_gzip, 1, "a.jsonl.gz breaks off after row "),
        ("a.jsonl.gz", no_gzip, 0, "a.jsonl.gz cannot be read: Not a gzipped file"),
        ("a.parquet", no_gzip, 0, "a.parquet cannot be read: "),
        ("a.parquet", nothing, 0, "a.parquet cannot be read: "),
        ("a.csv", nothing, 0, "a.csv has no header row"),
        ("a.csv", twice_named, 0, "a.csv has no header row that names every column once"),
        ("a.xml", no_gzip, 1, ""),
        ("a.json", open_list, 2, "a.json breaks off after row 2: the list is not closed"),
        ("a.json", two_lists, 1, "a.json breaks off after row 1: something follows the end of the list"),
        (
            "a.json",
            open_brackets,
            1,
            "the list has an element longer than 4 MiB, or its brackets do not match",
        ),
    ],
)
def test_a_file_that_cannot_be_read_on_says_so_after_the_rows_before(
    tmp_path: Path, name: str, write: object, read: int, message: str
) -> None:
    path = tmp_path / name
    assert callable(write)
    write(path)
    found: Iterator[Row | IngestError] = rows(path)
    assert len(list(itertools.islice(found, read))) == read
    if message:
        with pytest.raises(SourceError) as raised:
            list(found)
        assert str(raised.value).startswith(message)
        assert "\n" not in str(raised.value)


def test_empty_files_of_lines_have_no_rows(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.json"):
        (tmp_path / name).touch()
        assert list(rows(tmp_path / name)) == []
