"""Status: where the workspace stands, and commands worth running next."""

from pathlib import Path

import pytest

from curation import calls, problems, runs
from curation.errors import StoreMissingError
from curation.status import Cost, FailedCount, SampleCount, status
from curation.store import Store
from schemas.ingest_error import IngestError
from tests.curation import made


def commands(store: Store) -> list[str]:
    return [step.command for step in status(store).next_steps]


def test_it_counts_what_the_tables_hold(tmp_path: Path) -> None:
    rows = [made.problem(number, "gsm8k" if number < 3 else "mawps") for number in range(5)]
    store = made.ingested(tmp_path, *rows)
    problems.write(store, "r", [IngestError(file="f", line=1, reason="r", raw="")])
    made.derived(
        store,
        made.derivation(rows[0]),
        made.derivation(rows[1], {"provenance": "undecided"}, {"provenance": "undecided"}),
        made.derivation(rows[3], {"unique_root": "fail"}),
    )
    now = status(store)
    assert [(row.source, row.problems, row.underived) for row in now.ingested] == [("gsm8k", 3, 1), ("mawps", 2, 1)]
    assert now.ingest_errors == 1
    assert [(row.source, row.candidates, row.accepted, row.review, row.rejected) for row in now.funnel] == [
        ("gsm8k", 4, 2, 2, 0),
        ("mawps", 2, 1, 0, 1),
    ]
    assert (now.queue, now.accepted_problems) == (2, 2)
    assert [(cause.decision, cause.check_name, cause.candidates) for cause in now.causes] == [
        ("review", "provenance", 2),
        ("reject", "unique_root", 1),
    ]
    assert [run.command for run in now.runs] == ["ingest", "generate"]


def test_it_names_the_next_command_at_each_stage(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(StoreMissingError):
        status(store)
    with store.connect():
        pass
    assert commands(store) == ["backmath ingest --help"]
    row = made.problem(1)
    made.ingested(tmp_path, row)
    assert commands(store) == ["backmath generate"]
    made.derived(store, made.derivation(row, {"provenance": "undecided"}))
    assert commands(store) == [
        "backmath review serve",
        "backmath candidates export accepted.parquet --decision accept",
    ]


def test_a_killed_run_is_told_from_one_that_goes_on(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(1))
    run = made.begin(store)
    now = status(store)
    assert now.going_on == ()
    assert [(step.command, "killed" in step.why) for step in now.next_steps] == [("backmath generate", True)]
    with store.running("generate"):
        now = status(store)
    assert now.going_on == (run.run_id,)
    assert [step.command for step in now.next_steps] == ["backmath status"]
    runs.finish(store, run.run_id, "interrupted")
    assert [(step.command, "interrupted" in step.why) for step in status(store).next_steps] == [
        ("backmath generate", True)
    ]


def test_costs_are_summed_by_model(tmp_path: Path) -> None:
    store = made.ingested(tmp_path)
    with store.connect() as connection:
        calls.add(connection, "r1", [made.call(1), made.call(2, "rate_limited")])
        calls.add(connection, "r2", [made.call(3), made.call(4).model_copy(update={"usd": None})])
    assert status(store).costs == (
        Cost(model="made", calls=4, input_tokens=300, output_tokens=60, usd=1.0, elapsed_s=2.0, failed=1, unpriced=1),
    )


def test_samples_are_counted_by_purpose_and_outcome(tmp_path: Path) -> None:
    row = made.problem(1)
    store = made.ingested(tmp_path, row)
    written = [made.sample(row, "1 + 1 = 2"), made.sample(row, "1 + 1 = 3", broken_step=0)]
    made.derived(
        store, made.derivation(row, samples=[*written, made.sample(row, "x = 1", candidate_id="c", broken_step=0)])
    )
    assert status(store).samples == (
        SampleCount(purpose="formalize", samples=2, passed=1, failed=1, undecided=0),
        SampleCount(purpose="solve", samples=1, passed=0, failed=1, undecided=0),
    )


def test_problems_that_failed_name_the_command_again_until_they_are_derived(tmp_path: Path) -> None:
    rows = [made.problem(number) for number in range(4)]
    store = made.ingested(tmp_path, *rows)
    made.derived(
        store,
        made.derivation(rows[0], conditions=[]),
        made.failure(rows[1]),
        made.failure(rows[2]),
        made.failure(rows[3], "timed out"),
    )
    now = status(store)
    assert now.failed == (
        FailedCount(command_line="backmath generate", problems=3, reason="rate limited: 429 five times"),
    )
    assert [(step.command, step.why) for step in now.next_steps] == [
        ("backmath generate", "3 problems failed for want of an answer: rate limited: 429 five times")
    ]
    made.derived(store, *(made.derivation(row, conditions=[]) for row in rows[1:3]), made.failure(rows[3]))
    assert [row.problems for row in status(store).failed] == [1]
    made.derived(store, made.derivation(rows[3], conditions=[]))
    assert (status(store).failed, commands(store)) == ((), [])


def test_a_run_that_goes_on_is_not_proposed_again_for_what_failed(tmp_path: Path) -> None:
    row = made.problem(1)
    store = made.ingested(tmp_path, row)
    made.derived(store, made.failure(row))
    made.begin(store)
    with store.running("generate"):
        assert commands(store) == ["backmath status"]
    assert commands(store) == ["backmath generate"]
