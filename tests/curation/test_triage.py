"""Triage: another policy decides again, history stays, and people are not overruled."""

from pathlib import Path

from curation import decisions, policy
from curation.policy import Policy
from curation.store import Store
from curation.triage import Triaged, decide_again
from schemas.decision import Decision
from tests.curation import made


def lenient(folder: Path) -> Policy:
    file = folder / "lenient.toml"
    file.write_text('version = "lenient"\n[checks]\nprovenance = { undecided = "accept" }\n')
    return policy.load(file)


def three(folder: Path) -> Store:
    """A store with a candidate each that is accepted, that is in review for its provenance, and that is rejected."""
    problems = [made.problem(number) for number in range(3)]
    store = made.ingested(folder, *problems)
    outcomes: list[made.Outcomes] = [{}, {"provenance": "undecided"}, {"steps_hold": "fail"}]
    made.derived(
        store, *(made.derivation(of, outcome, conditions=[0]) for of, outcome in zip(problems, outcomes, strict=True))
    )
    return store


def verdicts(store: Store) -> list[str]:
    return sorted(verdict for (verdict,) in made.query(store, "SELECT decision FROM candidate_overview"))


def test_the_same_policy_adds_nothing(tmp_path: Path) -> None:
    store = three(tmp_path)
    before = made.contents(store)
    assert decide_again(store, policy.load()) == Triaged(candidates=3, unchanged=3, moved={}, reworded=0, of_people=0)
    assert made.contents(store) == before


def test_another_policy_adds_what_it_decides_differently_and_keeps_the_history(tmp_path: Path) -> None:
    store = three(tmp_path)
    rules = lenient(tmp_path)
    triaged = decide_again(store, rules)
    assert (triaged.unchanged, triaged.moved) == (2, {"review to accept": 1})
    assert verdicts(store) == ["accept", "accept", "reject"]
    assert made.query(store, "SELECT count(*) FROM decisions") == [(4,)]
    assert made.query(store, "SELECT verdict FROM decisions WHERE policy = ?", rules.full_version) == [("accept",)]
    assert decide_again(store, rules).unchanged == 3
    assert decide_again(store, policy.load()).moved == {"accept to review": 1}
    assert verdicts(store) == ["accept", "reject", "review"]


def test_other_reasons_for_the_same_verdict_are_kept_too(tmp_path: Path) -> None:
    store = three(tmp_path)
    file = tmp_path / "p.toml"
    file.write_text('version = "p"\n[checks]\njudge = { undecided = "reject" }\nsteps_hold = { fail = "reject" }\n')
    triaged = decide_again(store, policy.load(file))
    assert (triaged.moved, triaged.reworded) == ({"accept to reject": 1, "review to reject": 1}, 1)


def test_what_people_decided_is_left_alone(tmp_path: Path) -> None:
    store = three(tmp_path)
    ((reviewed,),) = made.query(store, "SELECT candidate_id FROM candidate_overview WHERE decision = 'review'")
    said = Decision(candidate_id=reviewed, verdict="reject", reasons=("unclear",), policy="", decided_by="reviewer")
    with store.connect() as connection:
        decisions.append(connection, [said])
    triaged = decide_again(store, lenient(tmp_path))
    assert (triaged.of_people, triaged.unchanged, triaged.moved) == (1, 2, {})
    assert verdicts(store) == ["accept", "reject", "reject"]


def test_a_check_that_came_out_differently_later_is_what_counts(tmp_path: Path) -> None:
    store = three(tmp_path)
    ((reviewed,),) = made.query(store, "SELECT candidate_id FROM candidate_overview WHERE decision = 'review'")
    with store.connect() as connection:
        connection.execute(
            "INSERT INTO checks VALUES (?, 'provenance', 'pass', 'explained', 1, 'later', NULL)", [reviewed]
        )
    assert decide_again(store, policy.load()).moved == {"review to accept": 1}


def test_a_candidate_without_a_decision_gets_one(tmp_path: Path) -> None:
    store = three(tmp_path)
    with store.connect() as connection:
        connection.execute("DELETE FROM decisions")
    assert decide_again(store, policy.load()).moved == {"none to accept": 1, "none to reject": 1, "none to review": 1}
