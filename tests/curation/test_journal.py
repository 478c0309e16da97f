"""The journal of calls: whole lines or none, private, in order, and unspoiled by a full disk."""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from curation.journal import Journal, journals, read
from tests.curation import made

CALLS = [made.call(number, "lost" if number % 3 else "answered") for number in range(6)]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process can grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_appended_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "r1")
    for call in CALLS:
        journal.append(call)
    (path,) = journals(tmp_path)
    assert read(path) == ("r1", CALLS, True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    journal.close()


def test_text_that_utf8_or_a_line_has_no_place_for_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "r1")
    for text in ("\ud800 lone", "a\nb\r\u2028\x00\x1b", "\U0001d54f é"):
        journal.append(made.call(1, text=text))
    _, calls, whole = read(journals(tmp_path)[0])
    assert [call.text for call in calls] == ["\ufffd lone", "a\nb\r\u2028\x00\x1b", "\U0001d54f é"]
    assert whole
    journal.close()


def test_a_kill_at_any_byte_leaves_the_lines_before_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "r1")
    (path,) = journals(tmp_path)
    ends = [path.stat().st_size]
    for call in CALLS[:3]:
        journal.append(call)
        ends.append(path.stat().st_size)
    journal.close()
    content = path.read_bytes()
    for cut in range(len(content) + 1):
        path.write_bytes(content[:cut])
        run_id, calls, whole = read(path)
        assert calls == CALLS[: sum(cut >= end for end in ends[1:])]
        assert (run_id, whole) == ("r1" if cut >= ends[0] else "", True)


def test_a_line_that_is_no_call_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "r1")
    journal.append(CALLS[0])
    journal.close()
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes() + b"\x00\x00\n{}\n" + CALLS[1].model_dump_json().encode() + b"\n")
    assert read(path) == ("r1", CALLS[:2], False)


def test_a_new_file_begins_with_what_is_carried_and_names_those_before(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "r1")
    journal.append(CALLS[0])
    first = journal.turn([CALLS[1]])
    journal.append(CALLS[2])
    both = journal.turn([])
    assert [read(path)[1] for path in journals(tmp_path)] == [[CALLS[0]], [CALLS[1], CALLS[2]], []]
    assert (first, both) == (journals(tmp_path)[:1], journals(tmp_path)[:2])
    journal.close()


def test_files_come_in_the_order_in_which_they_were_begun(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        (tmp_path / f"calls-{number}.jsonl").touch()
    (tmp_path / "calls-x.jsonl").touch()
    journal = Journal(tmp_path, "r1")
    assert [path.name for path in journals(tmp_path)] == [f"calls-{number}.jsonl" for number in (1, 9, 10, 11)]
    journal.close()


def test_a_line_that_finds_no_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "r1")
    journal.append(CALLS[0])
    (path,) = journals(tmp_path)
    before = path.read_bytes()
    for free in (0, 1, 100):
        with room_for(len(before) + free), pytest.raises(OSError, match=r"File too large|No space left"):
            journal.append(CALLS[1])
        assert path.read_bytes() == before
    journal.append(CALLS[2])
    assert read(path) == ("r1", [CALLS[0], CALLS[2]], True)
    journal.close()


def test_a_new_file_that_finds_no_room_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "r1")
    journal.append(CALLS[0])
    with room_for(100), pytest.raises(OSError, match=r"File too large|No space left"):
        journal.turn(CALLS)
    journal.append(CALLS[1])
    assert [read(path)[1] for path in journals(tmp_path)] == [CALLS[:2]]
    journal.close()
    assert len(os.listdir(tmp_path)) == 1
