"""What goes into a release and what does not, each with its reason, whatever order things came in."""

import json
from pathlib import Path
from typing import Any

from curation import decisions
from curation.releases.selection import Plan, plan
from curation.releases.snapshot import Snapshot
from curation.store import Store
from schemas.decision import Decision
from schemas.derivation import Derivation
from schemas.problem import Problem
from tests.curation import made


def problem(text: str, answer: str = "72", source: str = "gsm8k") -> Problem:
    """A problem whose first condition stands where the made derivations have it."""
    return made.problem(48, source).model_copy(update={"question": text, "answer": answer})


def derivation(of: Problem, *outcomes: made.Outcomes, **more: Any) -> Derivation:
    """A derivation whose backward questions are of its problem alone."""
    return made.derivation(of, *outcomes, **{"question": f"{of.question} What is x?"} | more)


APRIL = "Natalia sold 48 clips in April and half as many in May, to 3 friends. How many altogether?"
BOOKS = "Benjamin had 48 books on a shelf and gave his sister a third of them, for 3 days. How many are left then?"


def chosen(store: Store, folder: Path, **options: object) -> Plan:
    folder.mkdir(exist_ok=True)
    snapshot = Snapshot(folder)
    snapshot.take(store)
    return plan(snapshot, **options)  # type: ignore[arg-type]


def test_what_is_accepted_goes_in_and_nothing_else(tmp_path: Path) -> None:
    one, other = problem(APRIL), problem(BOOKS)
    store = made.ingested(tmp_path, one, other)
    rows = [derivation(one, {}, {"unique_root": "undecided"}), derivation(other, {"no_leak": "fail"}, {})]
    made.derived(store, *rows)
    found = chosen(store, tmp_path / "work")
    assert found.kept == {one.id: [rows[0].candidates[0].id], other.id: [rows[1].candidates[1].id]}
    assert found.left_out == []


def test_of_candidates_that_ask_the_same_the_better_one_is_kept(tmp_path: Path) -> None:
    of = problem(APRIL)
    store = made.ingested(tmp_path, of)
    plain = derivation(of, {}, conditions=[0])
    told = derivation(of, {}, conditions=[0], question="In words: what is x?", wording="declarative")
    made.derived(store, plain)
    made.derived(store, told, fingerprint="f2", wording="declarative")
    found = chosen(store, tmp_path / "work")
    assert found.kept == {of.id: [told.candidates[0].id]}
    assert [(each.candidate_id, each.reason) for each in found.left_out] == [
        (plain.candidates[0].id, f"duplicate: asks the same as {told.candidates[0].id}")
    ]


def test_of_duplicate_problems_the_one_with_more_accepted_candidates_is_kept(tmp_path: Path) -> None:
    less, more = problem(APRIL), problem(APRIL.replace("Natalia", "Penelop").replace("48", "52"), "78")
    store = made.ingested(tmp_path, less, more)
    made.derived(store, derivation(less, {}, conditions=[0]), derivation(more, {}, {}))
    found = chosen(store, tmp_path / "work")
    assert found.kept.keys() == {more.id}
    (left,) = found.left_out
    assert left.problem_id == less.id
    assert left.reason.startswith(f"structural duplicate: of problem {more.id}")


def test_of_duplicates_with_as_many_the_one_that_people_accepted_is_kept(tmp_path: Path) -> None:
    problems = sorted(
        (problem(APRIL), problem(APRIL.replace("Natalia", "Penelop").replace("48", "52"), "78")), key=lambda one: one.id
    )
    store = made.ingested(tmp_path, *problems)
    rows = [derivation(of, {}, conditions=[0]) for of in problems]
    made.derived(store, *rows)
    (by_person,) = rows[1].candidates  # the higher id
    said = Decision(candidate_id=by_person.id, verdict="accept", reasons=(), policy="p", decided_by="reviewer")
    with store.connect() as connection:
        decisions.append(connection, [said])
    found = chosen(store, tmp_path / "work")
    assert found.kept.keys() == {problems[1].id}
    (left,) = found.left_out
    assert left.likeness is not None
    assert (left.likeness.compared, left.likeness.other) == ("question", problems[1].id)


def test_of_pairs_of_different_problems_with_the_same_words_one_is_kept(tmp_path: Path) -> None:
    one, other = problem(APRIL), problem(BOOKS)
    store = made.ingested(tmp_path, one, other)
    told = made.derivation(one, {}, conditions=[0], question="Half of X clips, and x itself. What is x?")
    plain = made.derivation(other, {}, conditions=[0], question="half of x clips and x itself; what is x")
    made.derived(store, told)
    made.derived(store, plain, fingerprint="f2")
    found = chosen(store, tmp_path / "work")
    assert found.kept == {other.id: [plain.candidates[0].id]}  # the shorter
    (left,) = found.left_out
    assert left.reason == f"exact duplicate: has the same words as {plain.candidates[0].id}"


def test_what_overlaps_with_an_evaluation_set_is_out_and_its_clean_twin_stays(tmp_path: Path) -> None:
    known_one, clean = problem(APRIL), problem(BOOKS)
    store = made.ingested(tmp_path, known_one, clean)
    made.derived(store, derivation(known_one, {}, {}), derivation(clean, {}, {}))
    (tmp_path / "eval.jsonl").write_text(json.dumps({"question": APRIL}) + "\n")
    found = chosen(store, tmp_path / "work", against=[tmp_path / "eval.jsonl"])
    assert found.kept.keys() == {clean.id}
    assert {each.reason.partition(":")[0] for each in found.left_out} == {"contaminated"}
    assert len(found.left_out) == 2
    assert len(found.evaluation_sets) == 1


def test_a_source_can_be_left_out(tmp_path: Path) -> None:
    one, other = problem(APRIL), problem(BOOKS, source="school")
    store = made.ingested(tmp_path, one, other)
    made.derived(store, derivation(one, {}), derivation(other, {}))
    found = chosen(store, tmp_path / "work", leave_out=["school"])
    assert found.kept.keys() == {one.id}
    assert {each.reason for each in found.left_out} == {"source: school is left out"}


def test_the_snapshot_has_each_problem_once_with_all_that_is_decided_of_it(tmp_path: Path) -> None:
    problems = [made.problem(number) for number in range(10, 30)]
    store = made.ingested(tmp_path, *problems)
    samples = [made.sample(each, "48/2 = 24") for each in problems[::2]]
    made.derived(
        store,
        *(
            derivation(each, {}, {"provenance": "undecided"}, samples=[s for s in samples if s.problem_id == each.id])
            for each in problems
        ),
    )
    chosen(store, tmp_path / "work")
    ids = sorted(each.id for each in problems)
    found = list(Snapshot(tmp_path / "work").problems(ids))
    assert [each.problem.id for each in found] == ids
    assert [each.problem.id for each in Snapshot(tmp_path / "work").problems(ids[3:9:2])] == ids[3:9:2]
    for each in found:
        assert [judged.verdict for judged in each.judged.values()] == ["accept"]  # what is in review is not decided
        assert each.formula is not None
        assert [sample.problem_id for sample in each.samples] == [
            sample.problem_id for sample in samples if sample.problem_id == each.problem.id
        ]
