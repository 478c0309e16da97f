"""What a run writes: whole, once, decided, and again only where something came out differently."""

import asyncio
from pathlib import Path

import pytest

from curation import policy, runs
from curation.derivations import StoreSink, done_problem_ids
from curation.samples import read as read_samples
from curation.store import Store
from tests.curation import made


def test_a_batch_comes_back_as_it_went_in(tmp_path: Path) -> None:
    problem = made.problem(48)
    derivation = made.derivation(problem, {"provenance": "undecided"})
    assert derivation.formula
    store = made.ingested(tmp_path, problem)
    made.derived(store, derivation)
    ((conditions, expression, numbers, outcome, reason, ids),) = made.query(
        store, "SELECT conditions, expression, numbers, outcome, reason, candidate_ids FROM derivations"
    )
    assert conditions == [condition.model_dump() for condition in derivation.conditions]
    assert (expression, outcome, reason) == (derivation.formula.expression, "pass", derivation.reason)
    assert numbers == [number.model_dump() for number in derivation.formula.numbers]
    assert ids == [candidate.id for candidate in derivation.candidates]
    written = made.query(
        store, "SELECT candidate_id, problem_id, condition, relation, question, answer, solution FROM candidates"
    )
    for row, candidate in zip(written, derivation.candidates, strict=True):
        assert row[:2] == (candidate.id, problem.id)
        assert row[2:4] == (candidate.condition.model_dump(), candidate.relation and candidate.relation.model_dump())
        assert row[4:6] == (candidate.question, candidate.answer)
        assert row[6] == [step.model_dump() for step in candidate.solution]
    for candidate in derivation.candidates:
        rows = made.query(
            store, "SELECT check_name, outcome, reason, elapsed_ms FROM checks WHERE candidate_id = ?", candidate.id
        )
        assert rows == [(check.name, check.outcome, check.reason, check.elapsed_ms) for check in candidate.checks]


def test_each_candidate_is_decided_by_the_policy_as_it_is_written(tmp_path: Path) -> None:
    problem = made.problem(1)
    derivation = made.derivation(problem, {"provenance": "undecided"}, {"steps_hold": "fail"})
    store = made.ingested(tmp_path, problem)
    made.derived(store, derivation)
    rules = policy.load()
    rows = made.query(store, "SELECT candidate_id, verdict, reasons, policy, decided_by FROM decisions")
    assert {row[0]: (row[1], tuple(row[2])) for row in rows} == {
        candidate.id: rules.decide(candidate.checks, has_relation=True) for candidate in derivation.candidates
    }
    assert {row[3:] for row in rows} == {(rules.full_version, "policy")}


def test_writing_the_same_again_adds_nothing(tmp_path: Path) -> None:
    problems = [made.problem(number) for number in range(5)]
    derivations = [made.derivation(problem) for problem in problems]
    store = made.ingested(tmp_path, *problems)
    run = made.begin(store)
    sink = StoreSink(store, run, "fobar", policy.load())
    asyncio.run(sink.write([*derivations[:3], *derivations[:3]]))
    asyncio.run(sink.write(derivations))
    before = made.contents(store)
    assert len(before["derivations"]) == 5
    asyncio.run(sink.write(derivations))
    assert made.contents(store) == before


def test_the_same_candidate_of_another_fingerprint_adds_only_what_came_out_differently(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem, {"provenance": "undecided"}, conditions=[0]), fingerprint="f1")
    made.derived(store, made.derivation(problem, {"provenance": "undecided"}, conditions=[0]), fingerprint="f2")
    count = (
        "SELECT (SELECT count(*) FROM derivations), (SELECT count(*) FROM candidates), (SELECT count(*) FROM checks), "
        "(SELECT count(*) FROM decisions)"
    )
    assert made.query(store, count) == [(2, 1, 14, 1)]
    made.derived(store, made.derivation(problem, conditions=[0]), fingerprint="f3")
    assert made.query(store, count) == [(3, 1, 15, 2)]
    assert made.query(store, "SELECT decision FROM candidate_overview") == [("accept",)]


def test_what_is_done_is_told_by_kind_wording_and_fingerprint(tmp_path: Path) -> None:
    done, failed, left = (made.problem(number) for number in range(3))
    store = made.ingested(tmp_path, done, failed, left)
    made.derived(store, made.derivation(done), made.derivation(failed, conditions=[], relation=False))
    assert done_problem_ids(store, "trace", "fobar", "f1") == {done.id, failed.id}
    assert done_problem_ids(store, "trace", "fobar", "f2") == set()
    assert done_problem_ids(store, "trace", "declarative", "f1") == set()
    assert done_problem_ids(store, "formalize", "fobar", "f1") == set()


def test_a_problem_that_failed_is_not_done_and_is_derived_after_it(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    run = made.derived(store, made.failure(problem))
    assert (run.status, run.counts) == ("done", {"failed": 1})
    assert done_problem_ids(store, "trace", "fobar", "f1") == set()
    run = made.derived(store, made.derivation(problem))
    assert (run.counts["derived"], run.counts["candidates"]) == (1, 2)
    assert done_problem_ids(store, "trace", "fobar", "f1") == {problem.id}
    rows = made.query(store, "SELECT failed, reason, derivation_id FROM derivations ORDER BY rowid")
    assert [row[:2] for row in rows] == [
        (True, "rate limited: 429 five times"),
        (False, "the formula gives the answer"),
    ]
    assert len({row[2] for row in rows}) == 1
    assert made.query(store, "SELECT failed FROM latest_derivations") == [(False,)]


def test_a_failure_is_kept_once_a_run_and_reason_and_never_behind_what_is_done(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    run = made.begin(store)
    sink = StoreSink(store, run, "fobar", policy.load())
    for reason in ("timed out", "timed out", "refused"):
        asyncio.run(sink.write([made.failure(problem, reason)]))
    assert made.query(store, "SELECT reason FROM derivations") == [("timed out",), ("refused",)]
    asyncio.run(sink.write([made.failure(problem), made.derivation(problem), made.failure(problem)]))
    asyncio.run(sink.write([made.failure(problem, "later")]))
    assert made.query(store, "SELECT failed FROM derivations") == [(True,), (True,), (False,)]
    assert runs.finish(store, run.run_id, "done").counts.get("failed") is None


def test_samples_come_back_as_they_went_in_and_once(tmp_path: Path) -> None:
    problem = made.problem(1)
    candidate_id = made.derivation(problem).candidates[0].id
    samples = (
        made.sample(problem, "May: 1/2.", "1 + 1/2 = 3/2", broken_step=1),
        made.sample(problem, "x = 1", candidate_id=candidate_id),
        made.sample(problem),
    )
    store = made.ingested(tmp_path, problem)
    run = made.derived(store, made.derivation(problem, samples=[*samples, samples[0]]))
    assert run.counts["samples"] == 3
    with store.connect(read_only=True) as connection:
        assert read_samples(connection, problem.id, candidate_id) == samples
        assert read_samples(connection, problem.id, "another") == (samples[0], samples[2])
        assert read_samples(connection, "another", candidate_id) == ()
    assert made.query(store, "SELECT sample_id FROM samples") == [(sample.id,) for sample in samples]
    made.derived(store, made.derivation(problem, samples=samples), fingerprint="f2")
    assert made.query(store, "SELECT count(*) FROM samples") == [(3,)]


def test_samples_of_a_problem_that_failed_are_kept(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.failure(problem).model_copy(update={"samples": (made.sample(problem, "1 = 1"),)}))
    assert made.query(store, "SELECT count(*) FROM samples") == [(1,)]


def test_text_without_a_place_in_utf8_does_not_break_a_batch(tmp_path: Path) -> None:
    problems = [made.problem(1), made.problem(2)]
    store = made.ingested(tmp_path, *problems)
    made.derived(
        store,
        made.derivation(problems[0], question="\ud800 what is\x00 x?", conditions=[0], note=" \udfff"),
        made.derivation(problems[1], conditions=[0]),
    )
    assert made.query(store, "SELECT backward_question FROM candidate_overview ORDER BY ALL DESC") == [
        ("\ufffd what is\x00 x?",),
        ("If Natalia sold x clips, what is x?",),
    ]


def test_a_batch_that_cannot_be_written_whole_is_not_written(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    run = made.begin(store)
    with store.connect() as connection:
        connection.execute("ALTER TABLE decisions RENAME TO elsewhere")
    with pytest.raises(Exception, match="decisions"):
        asyncio.run(StoreSink(store, run, "fobar", policy.load()).write([made.derivation(problem)]))
    assert made.query(store, "SELECT count(*) FROM candidates") == [(0,)]
    assert made.query(store, "SELECT count(*) FROM checks") == [(0,)]


def test_writing_leaves_the_event_loop_free(tmp_path: Path) -> None:
    problems = [made.problem(number) for number in range(300)]
    store = made.ingested(tmp_path, *problems)
    sink = StoreSink(Store(tmp_path), made.begin(store), "fobar", policy.load())

    async def ticks_while_writing() -> int:
        ticks = 0
        writing = asyncio.create_task(sink.write([made.derivation(problem) for problem in problems]))
        while not writing.done():
            await asyncio.sleep(0.001)
            ticks += 1
        await writing
        return ticks

    assert asyncio.run(ticks_while_writing()) > 3
    assert sink.verdicts == {"accept": 600}
