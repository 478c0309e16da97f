"""Whatever stands in a file, reading it ends with problems, with reasons, or with one line about the file."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.sources.catalogue import SOURCES
from generation.sources.errors import SourceError
from generation.sources.ingest import read
from schemas.ingest_error import IngestError

FIELDS = {
    "gsm8k": ["question", "answer"],
    "math": ["problem", "solution", "answer"],
    "asdiv": ["Body", "Question", "Answer", "Formula"],
    "mawps": ["Question", "Numbers", "Equation", "Answer"],
    "svamp": ["Body", "Question", "Answer", "Equation"],
    "records": ["question", "solution", "answer", "source", "split", "licence", "notation"],
}
PIECES = """
1 2.50 -3 1/3 1,000 $5 50% #### \\boxed{ } \\fbox{ \\{ << = >> ; : r1 (pens) ( ) + - * / ^ ** ! x X= number0 number9
. , ? ' n't 9**9**9 __import__('os') a b 10:30 text latex
"""
HOSTILE = ["\u2028", "\u202e", "\ud800", "\x00", "\x1b", "\r\n", "\N{ARABIC-INDIC DIGIT THREE}"]
TEXTS = st.lists(st.sampled_from(PIECES.split()), max_size=12).map(" ".join)
ODD_TEXTS = st.text(max_size=30) | st.lists(st.sampled_from(HOSTILE + PIECES.split()), max_size=8).map("".join)
NUMBERS = st.integers() | st.floats() | st.sampled_from([1e300, 10**60, -0.0])
VALUES = TEXTS | TEXTS | ODD_TEXTS | NUMBERS | st.none() | st.booleans() | st.lists(TEXTS | NUMBERS, max_size=2)


PARTS = [b'{"question": "q"', b'"', b"[", b"]", b"{", b"}", b",", b"\n", b"\\", b"\xff", b"question,answer\n"]
PARTS += [b"<Problem>", b"</Problem>", b"<Body>", b"&amp;", b"\xef\xbb\xbf", b"PAR1", b"\x1f\x8b", b"\r", b"a"]


def outcome(source: str, name: str, content: bytes) -> None:
    """Reads the content as a file of that name; fails on anything that is no problem, no reason and no SourceError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            found = list(read(source, path=path))
        except SourceError as error:
            message = str(error)
        else:
            message = "read"
            for item in found:
                item.model_dump_json().encode()
                if isinstance(item, IngestError):
                    assert item.reason
                else:
                    assert all((item.id, item.question, item.answer))
                    assert item.solution or source == "records"  # there an answer is enough
        assert message
        assert "\n" not in message


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_fields_are_a_problem_or_a_reason(source: str, data: st.DataObject) -> None:
    row = data.draw(st.fixed_dictionaries(dict.fromkeys(FIELDS[source], VALUES)))
    outcome(source, "rows.jsonl", json.dumps(row).encode())


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.xml", "a.parquet", "a.jsonl.gz"])
@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=200) | st.lists(st.sampled_from(PARTS), max_size=30).map(b"".join))
def test_any_bytes_are_rows_or_reasons_or_one_line(name: str, content: bytes) -> None:
    outcome("gsm8k", name, content)
