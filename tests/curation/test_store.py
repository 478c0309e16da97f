"""The store's file: opened for a block, waited for, and whole whatever happens to the process or the disk."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from curation.errors import (
    CurationError,
    StoreBusyError,
    StoreCorruptError,
    StoreFullError,
    StoreInputOutputError,
    StoreMissingError,
)
from curation.migrations.migrate import MIGRATIONS
from curation.store import Store
from tests.curation import made

BATCH = 100
"""Problems in each batch that `WRITER` writes."""

WRITER = f"""
import asyncio, sys
from pathlib import Path
from curation import policy, problems
from curation.derivations import StoreSink
from curation.errors import CurationError
from curation.store import Store
from tests.curation import made

store = Store(Path(sys.argv[1]))
run = made.begin(store)
sink = StoreSink(store, run, "fobar", policy.load())
print("begun", flush=True)
for batch in range(int(sys.argv[2])):
    rows = [made.problem({BATCH} * batch + i) for i in range({BATCH})]
    try:
        problems.write(store, run.run_id, rows)
        asyncio.run(sink.write([made.derivation(row) for row in rows]))
    except CurationError as error:
        print(type(error).__name__, error, flush=True)
        break
    print(batch, flush=True)
"""

HOLDER = """
import duckdb, sys
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held_elsewhere(store: Store) -> Iterator["subprocess.Popen[str]"]:
    """The store's file held open by another program, with plain DuckDB, until its input ends."""
    program = made.start(HOLDER, store.path)
    assert program.stdout
    assert program.stdout.readline() == "held\n"
    try:
        yield program
    finally:
        program.communicate()


def assert_whole_batches(store: Store) -> int:
    """Every batch is there with all that belongs to it, or not at all; returns how many there are."""
    derivations = made.query(store, "SELECT count(*) FROM derivations")[0][0]
    assert derivations % BATCH == 0
    assert made.query(store, "SELECT count(*), count(DISTINCT candidate_id) FROM candidates") == [
        (2 * derivations,) * 2
    ]
    assert made.query(store, "SELECT count(*) FROM checks") == [(2 * derivations * len(made.CHECK_NAMES),)]
    assert made.query(store, "SELECT count(*) FROM decisions") == [(2 * derivations,)]
    return int(derivations // BATCH)


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    before = made.contents(store)

    def interrupted() -> None:
        with store.connect() as connection:
            connection.execute("DELETE FROM problems")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert made.contents(store) == before


def test_reading_a_workspace_without_a_store_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(StoreMissingError, match="backmath ingest"), Store(tmp_path / "new").connect(read_only=True):
        pass
    assert not (tmp_path / "new").exists()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    with pytest.raises(duckdb.InvalidInputException), store.connect(read_only=True) as connection:
        connection.execute("DELETE FROM problems")


def test_it_waits_until_another_program_lets_go(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    with held_elsewhere(store) as program:
        threading.Timer(0.3, program.terminate).start()
        begun = time.monotonic()
        assert made.query(store, "SELECT count(*) FROM problems") == [(1,)]
        assert time.monotonic() - begun > 0.2


def test_waiting_ends_with_one_line_that_names_the_holder(tmp_path: Path) -> None:
    made.ingested(tmp_path, made.problem(1))
    store = Store(tmp_path, patience_s=0.2)
    for read_only in (True, False):
        with (
            held_elsewhere(store) as program,
            pytest.raises(StoreBusyError, match="run the same command again") as caught,
            store.connect(read_only=read_only),
        ):
            pass
        assert f"PID {program.pid} " in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_reader_and_a_writer_in_one_process_take_turns(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    reading = threading.Event()

    def read() -> None:
        with store.connect(read_only=True):
            reading.set()
            time.sleep(0.2)

    thread = threading.Thread(target=read)
    thread.start()
    assert reading.wait(5)
    with store.connect() as connection:
        connection.execute("UPDATE problems SET split = 'test'")
    thread.join()
    assert made.query(store, "SELECT split FROM problems") == [("test",)]


def test_threads_that_write_at_once_all_write(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.connect() as connection:
        connection.execute("CREATE TABLE seen (number INTEGER)")

    def write(numbers: range) -> None:
        for number in numbers:
            with store.connect() as connection:
                connection.register("row", pa.table({"number": [number]}))
                connection.execute("INSERT INTO seen SELECT number FROM row")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, (range(25), range(25, 50), range(50, 75))))
    with store.connect(read_only=True) as connection:
        assert connection.execute("SELECT number FROM seen ORDER BY number").fetchall() == [(n,) for n in range(75)]


def test_programs_that_make_the_store_at_once_make_one(tmp_path: Path) -> None:
    programs = [made.start(WRITER, tmp_path, 1) for _ in range(2)]
    for program in programs:
        output, errors = program.communicate(timeout=60)
        assert output == "begun\n0\n", errors
    assert assert_whole_batches(Store(tmp_path)) == 1
    assert made.query(Store(tmp_path), "SELECT count(*) FROM migrations") == [(len(MIGRATIONS),)]


def test_a_plain_duckdb_reader_gets_in_while_a_run_writes(tmp_path: Path) -> None:
    batches = 10
    made.ingested(tmp_path)
    program = made.start(WRITER, tmp_path, batches)
    assert program.stdout
    assert program.stdout.readline() == "begun\n"
    seen = []
    while program.poll() is None:
        try:
            with duckdb.connect(tmp_path / "backmath.duckdb", read_only=True) as connection:
                seen.append(connection.execute("SELECT count(*) FROM derivations").fetchall()[0][0] // BATCH)
        except duckdb.IOException:  # plain DuckDB does not wait: the run is writing
            pass
        time.sleep(0.01)
    assert program.stdout.read().split() == [str(batch) for batch in range(batches)]
    assert len({count for count in seen if 0 < count < batches}) >= 2, "read while the run was half-way"
    assert assert_whole_batches(Store(tmp_path)) == batches


def test_a_kill_in_the_middle_of_writing_leaves_whole_batches(tmp_path: Path) -> None:
    for number, delay_s in enumerate((0.0, 0.02, 0.07)):
        folder = tmp_path / str(number)
        program = made.start(WRITER, folder, 1000)
        assert program.stdout
        assert program.stdout.readline() == "begun\n"
        assert program.stdout.readline() == "0\n"
        time.sleep(delay_s)
        program.send_signal(signal.SIGKILL)
        told = program.communicate()[0].split()
        assert assert_whole_batches(Store(folder)) - (int(told[-1]) + 1 if told else 1) in (0, 1)


def test_a_run_that_was_killed_and_goes_on_ends_like_one_that_was_not(tmp_path: Path) -> None:
    program = made.start(WRITER, tmp_path / "killed", 8)
    assert program.stdout
    while program.stdout.readline() != "2\n":
        pass
    program.kill()
    program.communicate()
    for again in [made.start(WRITER, tmp_path / name, 8) for name in ("killed", "whole")]:
        assert again.communicate(timeout=60)[0].endswith("7\n")
    assert made.contents(Store(tmp_path / "killed")) == made.contents(Store(tmp_path / "whole"))


FILLS_UP = (
    """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
"""
    + WRITER
)


def test_a_full_disk_is_one_line_and_what_was_written_before_stays(tmp_path: Path) -> None:
    output, errors = made.start(FILLS_UP, tmp_path, 1000).communicate(timeout=60)
    *batches, last = output.splitlines()[1:]
    assert last.startswith(f"StoreFullError no room to write to {tmp_path}"), output + errors
    assert "run the same command again" in last
    assert assert_whole_batches(Store(tmp_path)) == len(batches) > 0
    with Store(tmp_path).connect() as connection:
        connection.execute("UPDATE problems SET split = 'test'")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_keeps_the_store_and_goes_on_once_there_is_room(small_disk: Path) -> None:
    output, errors = made.start(WRITER, small_disk, 1000).communicate(timeout=60)
    *batches, last = output.splitlines()[1:]
    assert last.startswith("StoreFullError"), output + errors
    assert assert_whole_batches(Store(small_disk)) == len(batches) > 0
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    output, errors = made.start(WRITER, small_disk, len(batches) + 3).communicate(timeout=60)
    assert assert_whole_batches(Store(small_disk)) == len(batches) + 3, output + errors


def test_a_disk_without_room_for_a_store_leaves_no_half_of_one(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(b"0" * (2 * 1024 * 1024 - 8192))
    with pytest.raises(StoreFullError), Store(small_disk).connect():
        pass
    (small_disk / "ballast").unlink()
    made.ingested(small_disk, made.problem(1))


READ_ONLY = """
import os, sys
from pathlib import Path
from curation.errors import CurationError
from curation.store import Store
from tests.curation import made

if os.getuid() == 0:  # to whom every folder is open
    os.setgid(65534)
    os.setuid(65534)
store = Store(Path(sys.argv[1]), patience_s=1)
def write():
    made.begin(store)
def run():
    with store.running("generate"):
        pass
for action in (write, run):
    try:
        action()
        print("went on")
    except CurationError as error:
        print(type(error).__name__, len(str(error).splitlines()))
if store.path.exists():
    print(made.query(store, "SELECT count(*) FROM problems"))
"""


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder where anyone may look, unlike pytest's own, to make read-only."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        folder = Path(above) / "workspace"
        folder.mkdir()
        yield folder
        folder.chmod(0o755)


@pytest.mark.parametrize("mode", [None, 0o444, 0o666])
def test_a_folder_that_cannot_be_written_is_one_line_and_stays_readable(mode: int | None, closed_folder: Path) -> None:
    with_store = mode is not None
    if mode is not None:
        made.ingested(closed_folder, made.problem(1)).path.chmod(mode)
    closed_folder.chmod(0o555)
    output, errors = made.start(READ_ONLY, closed_folder).communicate(timeout=60)
    assert output.splitlines() == ["StoreReadOnlyError 1"] * 2 + ["[(1,)]"] * with_store, errors


def damage(path: Path, how: str) -> None:
    if how == "other":
        path.write_bytes(b"not a database\n" * 1000)
    elif how == "cut":
        os.truncate(path, 5000)
    elif how == "empty":
        os.truncate(path, 0)
    else:
        data = bytearray(path.read_bytes())
        data[4096 + 20] ^= 0xFF
        path.write_bytes(data)


@pytest.mark.parametrize("how", ["other", "cut", "empty", "flipped"])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_damaged_file_is_named_and_left_as_it_is(how: str, read_only: bool, tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    damage(store.path, how)
    before = store.path.read_bytes()
    with pytest.raises(StoreCorruptError, match="move it away") as caught, store.connect(read_only=read_only):
        pass
    assert "\n" not in str(caught.value)
    assert store.path.read_bytes() == before


def test_a_workspace_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreInputOutputError) as caught, Store(tmp_path / "file").connect():
        pass
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, CurationError)


def test_a_kill_while_the_store_is_made_is_mended(tmp_path: Path) -> None:
    (tmp_path / ".backmath.duckdb.new").write_bytes(b"half a store")
    made.ingested(tmp_path, made.problem(1))
    assert not (tmp_path / ".backmath.duckdb.new").exists()
