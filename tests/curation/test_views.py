"""The views: the store's public face, as plain DuckDB shows it."""

from collections import Counter
from pathlib import Path

import pytest

from curation import calls, decisions
from curation.store import Store
from schemas.decision import DecidedBy, Decision, Verdict
from schemas.problem import Problem
from tests.curation import made

OVERVIEW = [
    "candidate_id",
    "problem_id",
    "source",
    "split",
    "original_question",
    "original_answer",
    "condition_start",
    "condition_end",
    "condition_text",
    "condition_value",
    "formula",
    "equation",
    "wording",
    "backward_question",
    "backward_answer",
    "backward_solution",
    "decision",
    "reasons",
    "decided_by",
]


def columns(store: Store, view: str) -> list[str]:
    with store.connect(read_only=True) as connection:
        return list(connection.table(view).columns)


def decide(store: Store, candidate_id: str, verdict: Verdict, decided_by: DecidedBy) -> None:
    decision = Decision(
        candidate_id=candidate_id, verdict=verdict, reasons=("other: said so",), policy="p", decided_by=decided_by
    )
    with store.connect() as connection:
        decisions.append(connection, [decision])


def test_the_columns_are_those_that_are_published_in_their_order(tmp_path: Path) -> None:
    store = made.ingested(tmp_path)
    assert columns(store, "candidate_overview") == OVERVIEW
    assert columns(store, "check_overview") == ["candidate_id", "check_name", "outcome", "reason", "elapsed_ms"]
    assert columns(store, "funnel") == (
        ["source", "formula", "problems", "conditions", "candidates", "accepted", "review", "rejected", "why"]
    )
    assert columns(store, "cost") == (
        ["model", "run_id", "calls", "input_tokens", "output_tokens", "usd", "elapsed_s", "failed", "unpriced"]
    )


def test_a_row_of_the_overview_says_what_the_candidate_says(tmp_path: Path) -> None:
    problem = made.problem(48)
    derivation = made.derivation(problem, conditions=[0])
    store = made.ingested(tmp_path, problem)
    made.derived(store, derivation)
    (candidate,) = derivation.candidates
    assert candidate.relation
    with store.connect(read_only=True) as connection:
        row = dict(zip(OVERVIEW, connection.table("candidate_overview").fetchall()[0], strict=True))
    assert row["candidate_id"] == candidate.id
    assert (row["original_question"], row["original_answer"]) == (problem.question, problem.answer)
    assert row["original_question"][row["condition_start"] : row["condition_end"]] == row["condition_text"] == "48"
    assert row["equation"] == candidate.relation.equation
    assert row["backward_solution"].split("\n") == [step.text for step in candidate.solution]
    assert (row["decision"], row["decided_by"]) == ("accept", "policy")
    assert len(row["reasons"]) == 1


def test_a_candidate_without_a_relation_has_no_equation(tmp_path: Path) -> None:
    problem = made.problem(48)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem, {"formula_holds": "undecided"}, conditions=[0], relation=False))
    assert made.query(store, "SELECT equation, decision FROM candidate_overview") == [(None, "reject")]


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ([("accept", "reviewer")], "accept"),
        ([("accept", "reviewer"), ("reject", "policy")], "accept"),
        ([("accept", "adjudicator"), ("reject", "reviewer"), ("review", "policy")], "accept"),
        ([("reject", "reviewer"), ("accept", "reviewer")], "accept"),
        ([("accept", "policy")], "accept"),
    ],
)
def test_the_highest_instance_holds_and_of_it_the_last(
    said: list[tuple[Verdict, DecidedBy]], holds: Verdict, tmp_path: Path
) -> None:
    problem = made.problem(48)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem, {"provenance": "undecided"}, conditions=[0]))
    ((candidate_id,),) = made.query(store, "SELECT candidate_id FROM candidates")
    for verdict, decided_by in said:
        decide(store, candidate_id, verdict, decided_by)
    instance = next(by for by in ("adjudicator", "reviewer", "policy") if by in {by for _, by in said})
    assert made.query(store, "SELECT decision, decided_by FROM candidate_overview") == [(holds, instance)]


def test_only_what_the_last_derivation_of_a_problem_made_is_shown(tmp_path: Path) -> None:
    problems = [made.problem(1), made.problem(2)]
    store = made.ingested(tmp_path, *problems)
    made.derived(store, *(made.derivation(problem) for problem in problems), fingerprint="f1")
    made.derived(
        store, made.derivation(problems[0], question="Otherwise: what is x?", conditions=[0]), fingerprint="f2"
    )
    shown = made.query(store, "SELECT problem_id, condition_text, backward_question FROM candidate_overview")
    assert sorted(shown) == sorted(
        [
            (problems[0].id, "1", "Otherwise: what is x?"),
            (problems[1].id, "2", "If Natalia sold x clips, what is x?"),
            (problems[1].id, "3", "If Natalia sold x clips, what is x?"),
        ]
    )


def test_a_candidate_that_is_made_again_after_another_is_shown_again(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    for fingerprint, question in (("f1", "First?"), ("f2", "Second?"), ("f3", "First?")):
        made.derived(store, made.derivation(problem, question=question, conditions=[0]), fingerprint=fingerprint)
    assert made.query(store, "SELECT backward_question FROM candidate_overview") == [("First?",)]
    assert made.query(store, "SELECT count(*) FROM candidates") == [(2,)]


def test_the_funnel_adds_up_and_counts_each_candidate_under_one_cause(tmp_path: Path) -> None:
    problems: list[Problem] = [made.problem(number, "gsm8k" if number % 2 else "mawps") for number in range(20)]
    store = made.ingested(tmp_path, *problems)
    made.derived(
        store,
        *(
            made.derivation(problem, {"provenance": "undecided", "unique_root": "fail"} if number % 5 == 0 else {})
            if number % 3
            else made.derivation(problem, {"provenance": "undecided", "steps_hold": "undecided"}, conditions=[0])
            for number, problem in enumerate(problems)
        ),
    )
    funnel = {
        row[0]: row[1:] for row in made.query(store, "SELECT source, problems, conditions, candidates FROM funnel")
    }
    assert funnel["gsm8k"][:2] == funnel["mawps"][:2] == (10, 20)
    by_view = made.query(store, "SELECT source, accepted, review, rejected FROM funnel")
    counted = Counter(made.query(store, "SELECT source, decision FROM candidate_overview"))
    for source, *counts in by_view:
        assert counts == [counted[source, verdict] for verdict in ("accept", "review", "reject")]
        assert sum(counts) == funnel[source][2]
    causes = made.query(
        store,
        "SELECT source, cause.decision, cause.check_name, cause.candidates "
        "FROM (SELECT source, unnest(why) AS cause FROM funnel)",
    )
    expected = Counter(
        made.query(
            store,
            "SELECT source, decision, split_part(reasons[1], ':', 1) FROM candidate_overview "
            "WHERE decision <> 'accept'",
        )
    )
    assert {cause[:3]: cause[3] for cause in causes} == expected
    assert {cause[2] for cause in causes} == {"unique_root", "provenance"}


def test_the_funnel_counts_a_problem_once_however_often_it_was_derived(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    for fingerprint in ("f1", "f2"):
        made.derived(store, made.derivation(problem, question=fingerprint), fingerprint=fingerprint)
    assert made.query(store, "SELECT problems, conditions, candidates, accepted FROM funnel") == [(1, 2, 2, 2)]


def test_the_last_outcome_of_a_check_is_the_one_shown(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem, {"provenance": "undecided"}, conditions=[0]), fingerprint="f1")
    made.derived(store, made.derivation(problem, {"provenance": "pass"}, conditions=[0]), fingerprint="f2")
    shown = made.query(store, "SELECT check_name, outcome FROM check_overview")
    assert sorted(shown) == sorted((check.name, check.outcome) for check in made.checks())


def test_cost_sums_by_model_and_run_and_says_what_failed_and_what_has_no_price(tmp_path: Path) -> None:
    store = made.ingested(tmp_path)
    unpriced = made.call(5).model_copy(update={"usd": None})
    with store.connect() as connection:
        calls.add(connection, "r1", [made.call(1), made.call(2), made.call(3, "timeout"), unpriced])
        calls.add(connection, "r2", [made.call(6).model_copy(update={"usd": None, "input_tokens": None})])
        calls.add(connection, "r2", [made.call(7).model_copy(update={"model": "n", "text": "", "outcome": "empty"})])
    assert made.query(store, "SELECT * FROM cost ORDER BY ALL") == [
        ("made", "r1", 4, 300, 60, 1.0, 2.0, 1, 1),
        ("made", "r2", 1, 0, 20, None, 0.5, 0, 1),
        ("n", "r2", 1, 100, 20, 0.5, 0.5, 1, 0),
    ]


def test_a_candidate_that_two_derivations_list_is_one_row(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem), fingerprint="f1", wording="fobar")
    made.derived(
        store,
        made.derivation(problem, conditions=[0]),  # the wording failed, and what is left is the same candidate
        fingerprint="f2",
        wording="declarative",
    )
    assert made.query(store, "SELECT count(*), count(DISTINCT candidate_id) FROM candidate_overview") == [(2, 2)]
    assert made.query(store, "SELECT candidates, accepted FROM funnel") == [(2, 2)]


def test_a_failure_hides_nothing_that_was_derived(tmp_path: Path) -> None:
    problem = made.problem(1)
    store = made.ingested(tmp_path, problem)
    made.derived(store, made.derivation(problem), fingerprint="f1")
    made.derived(store, made.failure(problem), fingerprint="f2")
    assert made.query(store, "SELECT failed, len(candidate_ids) FROM latest_derivations") == [(False, 2)]
    assert made.query(store, "SELECT count(*) FROM candidate_overview") == [(2,)]
