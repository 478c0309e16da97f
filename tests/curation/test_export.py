"""Exports: the selected rows, whole or not at all, in files that need nothing of ours."""

import json
import os
from pathlib import Path

import duckdb
import pytest

from curation.errors import ExportError
from curation.export import export
from curation.listing import CandidateRow, Selection, list_candidates
from curation.store import Store
from tests.curation import made

PROBLEMS = [made.problem(number) for number in range(5)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = made.ingested(tmp_path / "workspace", *PROBLEMS)
    made.derived(
        store,
        *(made.derivation(problem, {"provenance": "undecided"}) for problem in PROBLEMS[:4]),
        made.derivation(PROBLEMS[4], conditions=[0], relation=False),
    )
    return store


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("selection", [Selection(), Selection(decision="accept"), Selection(limit=3, source="gsm8k")])
def test_a_file_holds_the_listed_rows_in_their_order_and_the_steps(
    selection: Selection, suffix: str, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / f"out{suffix}"
    count = export(store, selection, file)
    if suffix == ".jsonl":
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    else:
        rows = duckdb.read_parquet(str(file)).to_arrow_table().to_pylist()
    assert all(list(row) == [*CandidateRow.model_fields, "steps"] for row in rows)
    steps = [row.pop("steps") for row in rows]
    assert [CandidateRow(**row) for row in rows] == list_candidates(store, selection)
    assert count == len(rows) > 0
    assert steps[0][1] == {"text": "x + x/2 = 72", "equation": "x + x/2 = 72"}


READ = """
import sys
from datasets import load_dataset
rows = load_dataset(sys.argv[1], data_files=sys.argv[2], split="train", cache_dir=sys.argv[3])
print(rows.num_rows, rows[0]["steps"][0]["text"])
"""


@pytest.mark.parametrize(("suffix", "reader"), [(".jsonl", "json"), (".parquet", "parquet")])
def test_datasets_reads_the_file(suffix: str, reader: str, store: Store, tmp_path: Path) -> None:
    file = tmp_path / f"out{suffix}"
    export(store, Selection(), file)
    output, errors = made.start(READ, reader, file, tmp_path / "cache").communicate(timeout=60)
    assert output == "9 Let x be it.\n", errors


def test_a_selection_of_nothing_is_an_empty_file(store: Store, tmp_path: Path) -> None:
    assert export(store, Selection(source="none"), tmp_path / "out.jsonl") == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_a_file_that_is_there_is_replaced_only_when_asked(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("mine")
    with pytest.raises(ExportError, match="there already"):
        export(store, Selection(), file)
    assert file.read_text() == "mine"
    assert export(store, Selection(), file, overwrite=True) == 9
    assert len(file.read_text().splitlines()) == 9


@pytest.mark.parametrize("name", ["out.csv", "out", "out.jsonl.gz"])
def test_another_format_is_refused(name: str, store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.jsonl or \.parquet"):
        export(store, Selection(), tmp_path / name)


def test_a_folder_that_is_not_there_is_one_line(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        export(store, Selection(), tmp_path / "absent" / "out.parquet")
    assert "\n" not in str(caught.value)


FILLS_UP = """
import resource, signal, sys
from pathlib import Path
from curation.errors import ExportError
from curation.export import export
from curation.listing import Selection
from curation.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    export(Store(Path(sys.argv[1])), Selection(), Path(sys.argv[2]), overwrite=True)
except ExportError as error:
    print(error)
"""


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_full_disk_leaves_what_was_there(suffix: str, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    file = folder / f"out{suffix}"
    file.write_text("mine")
    output, errors = made.start(FILLS_UP, store.folder, file).communicate(timeout=60)
    assert output.startswith(f"{file} could not be written"), errors
    assert len(output.splitlines()) == 1
    assert os.listdir(folder) == [file.name]
    assert file.read_text() == "mine"
