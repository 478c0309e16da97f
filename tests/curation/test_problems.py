"""Problems in the store: once each, in the order in which they came, whatever their text holds."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from curation import problems
from curation.columns import well_formed
from curation.store import Store
from schemas.ingest_error import IngestError
from schemas.problem import Problem
from tests.curation import made

ERROR = IngestError(file="train.jsonl", line=3, reason="no answer", raw="{}")


def test_ingesting_twice_adds_nothing(tmp_path: Path) -> None:
    store = made.ingested(tmp_path)
    rows: list[Problem | IngestError] = [made.problem(1), ERROR, made.problem(2), made.problem(1), ERROR]
    written = problems.write(store, "r1", rows)
    assert written == problems.Ingested(problems=2, known_problems=1, errors=1, known_errors=1)
    before = made.contents(store)
    again = problems.write(store, "r2", [*rows, made.problem(2).model_copy(update={"origin": "another file"})])
    assert again == problems.Ingested(problems=0, known_problems=4, errors=0, known_errors=2)
    assert made.contents(store) == before


def test_problems_come_back_as_they_were_in_their_order(tmp_path: Path) -> None:
    rows = [made.problem(number) for number in (5, 3, 9, 1)]
    store = made.ingested(tmp_path, *rows)
    problems.write(store, "r2", [made.problem(7), made.problem(3)])
    assert list(problems.read_problems(store)) == [*rows, made.problem(7)]
    assert problems.count_problems(store) == 5


def test_a_limit_takes_the_first_ones_and_a_source_only_its_own(tmp_path: Path) -> None:
    page = problems.PAGE
    rows = [made.problem(number, "gsm8k" if number % 2 else "mawps") for number in range(2 * page + 10)]
    store = made.ingested(tmp_path, *rows)
    for limit in (0, 1, page - 1, page, page + 1, 2 * page, 2 * page + 10, 3 * page):
        assert list(problems.read_problems(store, limit=limit)) == rows[:limit]
    assert list(problems.read_problems(store, source="mawps", limit=page + 2)) == rows[::2][: page + 2]
    assert list(problems.read_problems(store)) == rows


def test_the_store_is_free_between_two_problems(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1), made.problem(2))
    reading = problems.read_problems(store)
    first = next(reading)
    problems.write(Store(tmp_path, patience_s=0.1), "r2", [made.problem(3)])
    assert [first, *reading] == [made.problem(1), made.problem(2)]


def test_text_without_a_place_in_utf8_does_not_break_a_batch(tmp_path: Path) -> None:
    strange = made.problem(1).model_copy(update={"question": "a\x00b \ud800 \u202e c", "origin": "x:\udfff"})
    error = IngestError(file="f\udc80", line=1, reason="\x00", raw="\udfff{")
    store = made.ingested(tmp_path)
    written = problems.write(store, "r1", [strange, error, made.problem(2)])
    assert (written.problems, written.errors) == (2, 1)
    read, other = problems.read_problems(store)
    assert (read.question, other) == ("a\x00b \ufffd \u202e c", made.problem(2))
    assert made.query(store, "SELECT problem_id FROM problems LIMIT 1") == [(read.id,)]
    again = problems.write(store, "r1", [strange, error])
    assert (again.known_problems, again.known_errors) == (1, 1)


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_well_formed_text_can_be_written_and_other_text_stays_as_it_is(text: str) -> None:
    result = well_formed(text)
    result.encode()
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert result == text
