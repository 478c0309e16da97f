"""Agreement: the trace's and a model's formula compared by exact algebra, the same whichever came first."""

import asyncio
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from curation import policy
from curation.agreement import same_function
from curation.derivations import StoreSink
from curation.store import Store
from schemas.check import Outcome
from schemas.derivation import Derivation
from schemas.relation import Relation
from tests.curation import made

PROBLEM = made.problem(48)
SAME = "the trace and the model's formula are the same function of x: x + x/2 = 144 and 3*x/2 = 144"
DIFFER = "the trace gives x + x/2 = 144, the model x + 24 = 144"


def relation(expression: str, unknown: str = "x") -> Relation:
    return Relation(unknown=unknown, expression=expression, answer="72")


def trace(outcomes: made.Outcomes | None = None, expression: str = "x + x/2") -> Derivation:
    return made.derivation(PROBLEM, outcomes or {}, conditions=[0], expression=expression)


def formalize(outcomes: made.Outcomes | None = None, expression: str = "3*x/2", question: str = "?") -> Derivation:
    return made.derivation(
        PROBLEM, outcomes or {}, conditions=[0], kind="formalize", expression=expression, question=question
    )


def write(folder: Path, *derivations: Derivation) -> Store:
    """A store to which the derivations came one after the other, each by a run of its own."""
    store = made.ingested(folder, PROBLEM)
    for number, derivation in enumerate(derivations):
        made.derived(store, derivation, fingerprint=f"f{number}")
    return store


def agreement(store: Store) -> dict[str, tuple[Outcome, str]]:
    """The `agreement` that holds for the shown candidates, by kind of formula."""
    return {
        kind: (outcome, reason)
        for kind, outcome, reason in made.query(
            store,
            "SELECT formula, outcome, reason FROM candidate_overview JOIN check_overview USING (candidate_id) "
            "WHERE check_name = 'agreement'",
        )
    }


def decided(store: Store) -> dict[str, str]:
    return dict(made.query(store, "SELECT formula, decision FROM candidate_overview"))


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (relation("x + x/2"), relation("3*x/2"), True),
        (relation("x + x/2"), relation("n*(1 + 50%)", "n"), True),
        (relation("(x^2 - 1)/(x - 1)"), relation("x + 1"), True),
        (relation("x + x/2"), relation("x + 24"), False),
        (relation("0.333*x"), relation("x/3"), False),
        (relation("sqrt(x)"), relation("x^(1/2)"), None),
        (relation("sqrt(x) + 1"), relation("sqrt(x) + 1"), True),
        (relation("1/(x - x)"), relation("x"), None),
        (relation("__import__('os')"), relation("x"), None),
        (relation("(" * 500 + "x"), relation("x"), None),
        (relation("x^64^64"), relation("x"), None),
    ],
)
def test_relations_are_compared_as_functions(one: Relation, other: Relation, verdict: bool | None) -> None:
    assert same_function(one, other) is verdict
    assert same_function(other, one) is verdict


def test_two_formulas_that_are_one_function_pass_and_settle_the_provenance_of_either(tmp_path: Path) -> None:
    store = write(tmp_path, trace({"provenance": "undecided"}))
    assert decided(store) == {"trace": "review"}
    made.derived(store, formalize({"provenance": "undecided"}), fingerprint="model")
    assert agreement(store) == {"trace": ("pass", SAME), "formalize": ("pass", SAME)}
    assert decided(store) == {"trace": "accept", "formalize": "accept"}
    history = made.query(
        store, "SELECT verdict FROM decisions JOIN candidates USING (candidate_id) WHERE formula = 'trace'"
    )
    assert history == [("review",), ("accept",)]


def test_two_formulas_that_differ_send_both_to_people_with_both_shown(tmp_path: Path) -> None:
    store = write(tmp_path, trace(), formalize(expression="x + 24"))
    assert agreement(store) == {"trace": ("fail", DIFFER), "formalize": ("fail", DIFFER)}
    assert decided(store) == {"trace": "review", "formalize": "review"}


@pytest.mark.parametrize(
    ("outcome", "expression", "expected", "reason"),
    [
        ("undecided", "3*x/2", "pass", SAME),
        ("pass", "3*x/2", "pass", "came out pass"),
        ("fail", "3*x/2", "fail", f"came out fail; {SAME}"),
        ("pass", "x + 24", "fail", f"{DIFFER}; came out pass"),
        ("fail", "x + 24", "fail", "came out fail"),
    ],
)
def test_what_samples_say_counts_and_is_told_together_with_a_trace_that_says_otherwise(
    outcome: Outcome, expression: str, expected: Outcome, reason: str, tmp_path: Path
) -> None:
    store = write(tmp_path, trace(), formalize({"agreement": outcome}, expression))
    assert agreement(store)["formalize"] == (expected, reason)


def test_it_holds_the_same_whichever_came_first(tmp_path: Path) -> None:
    candidates = [
        trace({"provenance": "undecided"}),
        formalize({"agreement": "pass", "provenance": "undecided"}),
        formalize({"provenance": "undecided"}, expression="x*3/2"),
    ]
    ends = []
    for order in permutations(range(3)):
        store = made.ingested(tmp_path / "".join(map(str, order)), PROBLEM)
        for index in order:
            wording = "declarative" if index == 2 else "fobar"
            made.derived(store, candidates[index], fingerprint=f"f{index}", wording=wording)
        ends.append(
            (
                sorted(made.query(store, "SELECT * EXCLUDE (elapsed_ms) FROM check_overview")),
                sorted(made.query(store, "SELECT candidate_id, verdict, reasons FROM latest_decisions")),
            )
        )
    assert all(end == ends[0] for end in ends)
    assert [verdict for _, verdict, _ in ends[0][1]] == ["accept"] * 3


def test_both_kinds_in_one_batch_are_compared(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, PROBLEM)
    sink = StoreSink(store, made.begin(store), "fobar", policy.load())
    asyncio.run(sink.write([trace({"provenance": "undecided"}), formalize()]))
    assert decided(store) == {"trace": "accept", "formalize": "accept"}
    assert sink.verdicts == {"accept": 2}


def test_only_formulas_of_one_condition_are_compared(tmp_path: Path) -> None:
    other = made.derivation(PROBLEM, conditions=[1], kind="formalize", expression="x + 24")
    assert agreement(write(tmp_path, trace(), other)) == {
        "trace": ("undecided", "came out undecided"),
        "formalize": ("undecided", "came out undecided"),
    }


def test_a_formula_without_a_relation_is_not_compared(tmp_path: Path) -> None:
    none = made.derivation(PROBLEM, conditions=[0], kind="formalize", relation=False)
    store = write(tmp_path, trace(), none)
    assert set(agreement(store).values()) == {("undecided", "came out undecided")}


def test_a_formula_that_is_refuted_is_no_evidence_against_another(tmp_path: Path) -> None:
    store = write(tmp_path, trace(), formalize({"formula_holds": "fail"}, "x + 24"))
    assert agreement(store)["trace"] == ("undecided", "came out undecided")
    assert decided(store) == {"trace": "accept", "formalize": "reject"}


@pytest.mark.parametrize("expression", ["3*x/2", "x + 24"])
def test_a_formula_with_unexplained_numbers_is_no_evidence_either_way(expression: str, tmp_path: Path) -> None:
    store = write(tmp_path, trace({"provenance": "undecided"}), formalize({"formula_holds": "undecided"}, expression))
    outcome, reason = agreement(store)["trace"]
    assert outcome == "undecided"
    assert f"the model {expression} = 144" in reason
    assert "nothing explains" in reason
    assert decided(store)["trace"] == "review"


def test_what_cannot_be_told_stays_undecided_with_both_shown(tmp_path: Path) -> None:
    outcome, reason = agreement(write(tmp_path, trace(expression="sqrt(x)"), formalize(expression="x^(1/2)")))["trace"]
    assert outcome == "undecided"
    assert "sqrt(x) = 144" in reason
    assert "x^(1/2) = 144" in reason


def test_one_formula_of_several_that_differs_is_enough_to_doubt(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, PROBLEM)
    made.derived(store, trace(), fingerprint="a")
    made.derived(store, formalize(), fingerprint="b")
    made.derived(store, formalize(expression="x + 24"), fingerprint="c", wording="declarative")
    assert agreement(store)["trace"] == ("fail", DIFFER)


def test_a_comparison_goes_with_the_formula_that_was_compared(tmp_path: Path) -> None:
    store = write(tmp_path, trace(), formalize(expression="x + 24"), formalize())
    assert agreement(store)["trace"] == ("pass", SAME)
    nothing = made.derivation(PROBLEM, conditions=[], kind="formalize", relation=False)
    made.derived(store, nothing, fingerprint="later")
    assert agreement(store) == {"trace": ("undecided", "came out undecided")}
    assert decided(store) == {"trace": "accept"}


def test_the_same_again_adds_nothing(tmp_path: Path) -> None:
    def rows() -> Sequence[object]:
        return made.query(store, "SELECT (SELECT count(*) FROM checks), (SELECT count(*) FROM decisions)")

    store = write(tmp_path, trace({"provenance": "undecided"}), formalize({"agreement": "pass"}))
    before = rows()
    for fingerprint in ("later", "later still"):
        made.derived(store, trace({"provenance": "undecided"}), fingerprint=fingerprint)
        made.derived(store, formalize({"agreement": "pass"}), fingerprint=fingerprint)
    assert rows() == before


def test_a_decision_by_people_stays(tmp_path: Path) -> None:
    store = write(tmp_path, trace({"provenance": "undecided"}))
    with store.connect() as connection:
        connection.execute(
            "INSERT INTO decisions SELECT candidate_id, 'reject', ['unclear'], '', 'reviewer', now()::TIMESTAMP "
            "FROM candidates"
        )
    made.derived(store, formalize(), fingerprint="model")
    assert decided(store) == {"trace": "reject", "formalize": "accept"}
