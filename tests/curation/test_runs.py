"""Runs: recorded whole, continued where they were cut short, counted in the store."""

from pathlib import Path

from curation import calls, problems, runs
from curation.store import Store
from schemas.ingest_error import IngestError
from tests.curation import made


def test_a_run_keeps_what_it_was_run_with(tmp_path: Path) -> None:
    run = runs.begin(
        Store(tmp_path),
        "ingest",
        command_line="backmath ingest gsm8k --path 'a \ud800 b'",
        configuration={"limit": None, "path": "a \ud800 b", "nested": {"x": [1, 2.5, True]}},
        fingerprint="f",
        code_version="0.1.0",
    )
    assert (run.command, run.status, run.code_version) == ("ingest", "running", "0.1.0")
    assert run.command_line == "backmath ingest gsm8k --path 'a \ufffd b'"
    assert run.configuration == {"limit": None, "path": "a \ufffd b", "nested": {"x": [1, 2.5, True]}}
    assert (run.finished_at, run.counts) == (None, {})


def test_a_run_that_did_not_end_well_is_continued_in_its_row(tmp_path: Path) -> None:
    store = Store(tmp_path)
    killed = made.begin(store)
    interrupted = runs.finish(store, made.begin(store).run_id, "interrupted")
    failed = runs.finish(store, made.begin(store).run_id, "failed")
    assert killed.run_id == interrupted.run_id == failed.run_id
    again = made.begin(store)
    assert (again.run_id, again.status, again.finished_at) == (killed.run_id, "running", None)
    assert again.started_at == killed.started_at


def test_a_run_that_ended_well_or_differs_is_another_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    done = runs.finish(store, made.begin(store).run_id, "done")
    second = made.begin(store)
    other = made.begin(store, fingerprint="f2")
    ingest = made.begin(store, "ingest")
    assert len({done.run_id, second.run_id, other.run_id, ingest.run_id}) == 4


def test_ids_are_the_same_in_every_store(tmp_path: Path) -> None:
    ids = []
    for name in ("a", "b"):
        store = Store(tmp_path / name)
        ids.append([runs.finish(store, made.begin(store).run_id, "done").run_id for _ in range(3)])
    assert ids[0] == ids[1]


def test_a_run_left_running_by_a_kill_is_interrupted_once_another_begins(tmp_path: Path) -> None:
    store = Store(tmp_path)
    killed = made.begin(store, fingerprint="f1")
    made.begin(store, "ingest")
    made.begin(store, fingerprint="f2")
    with store.connect(read_only=True) as connection:
        status = {run.fingerprint + run.command: run.status for run in runs.all_runs(connection)}
    assert status == {"f1generate": "interrupted", "f1ingest": "running", "f2generate": "running"}
    assert killed.status == "running"


def test_counts_are_those_of_all_parts_of_the_run(tmp_path: Path) -> None:
    store = Store(tmp_path)
    rows = [made.problem(number) for number in range(6)]
    error = IngestError(file="f", line=1, reason="r", raw="")
    problems.write(store, made.begin(store, "ingest").run_id, [*rows[:2], error])
    run = made.begin(store, "ingest")
    problems.write(store, run.run_id, rows)
    run = runs.finish(store, run.run_id, "done")
    assert run.counts == {"problems": 6, "ingest_errors": 1}
    run = made.derived(
        store,
        *(made.derivation(row, {"steps_hold": "fail"}) for row in rows[:5]),
        made.derivation(rows[5], {"formula_holds": "undecided"}, conditions=[0], relation=False),
    )
    assert run.counts == {
        "derived": 6,
        "formulas": 5,
        "conditions": 12,
        "candidates": 11,
        "accepted": 5,
        "rejected": 6,
    }


def test_calls_and_samples_are_counted(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    with store.connect() as connection:
        calls.add(connection, made.begin(store).run_id, [made.call(1), made.call(2, "timeout")])
    run = made.derived(store, made.derivation(problem, samples=[made.sample(problem, "1 = 1")]))
    assert (run.counts["calls"], run.counts["samples"]) == (2, 1)
