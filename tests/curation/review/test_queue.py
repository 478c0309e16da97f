"""The queue: what people are asked about within a budget, and that nothing tells audits and gold questions apart."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from curation import decisions
from curation.policy import HELD
from curation.review import items
from curation.review.gold_answers import GoldAnswer
from curation.review.queue import SURE, Chosen, choose
from curation.store import Store
from schemas.decision import Decision
from schemas.review import ReviewItem
from tests.curation import made
from tests.curation.review import answered, reviewed

DOUBT: made.Outcomes = {"provenance": "undecided"}


def chosen(store: Store, budget: int, share: float = 0.0, gold: Mapping[str, GoldAnswer] | None = None) -> Chosen:
    with store.connect(read_only=True) as connection:
        return choose(connection, budget, share, gold or {})


def ask(
    store: Store, budget: int, share: float = 0.0, gold: Mapping[str, GoldAnswer] | None = None
) -> list[ReviewItem]:
    """Choose, and queue what is chosen."""
    found = chosen(store, budget, share, gold).items
    reviewed.write(store, found)
    return list(found)


def golden(*keys: str) -> dict[str, GoldAnswer]:
    return {key: GoldAnswer(candidate=key, verdict="reject", category="leak") for key in keys}


def mixed(folder: Path, doubtful: int, accepted: int) -> Store:
    """A store with so many doubtful candidates and so many that the policy accepts, each of a problem of its own."""
    rows = [made.problem(number) for number in range(doubtful + accepted)]
    store = made.ingested(folder, *rows)
    made.derived(
        store,
        *[made.derivation(of, DOUBT if place < doubtful else {}, conditions=[0]) for place, of in enumerate(rows)],
    )
    return store


def by_decision(store: Store, decision: str) -> list[str]:
    return [
        key
        for (key,) in made.query(
            store, "SELECT candidate_id FROM candidate_overview WHERE decision = ? ORDER BY candidate_id", decision
        )
    ]


def test_a_budget_holds_its_gold_questions_its_share_of_audits_and_doubts(tmp_path: Path) -> None:
    store = mixed(tmp_path, 60, 30)
    accepted, doubtful = by_decision(store, "accept"), by_decision(store, "review")
    gold = golden(accepted[0], doubtful[0], doubtful[1])
    found = chosen(store, 40, 0.1, gold)
    kinds = {kind: [each for each in found.items if each.kind == kind] for kind in ("gold", "audit", "doubt")}
    assert {kind: len(each) for kind, each in kinds.items()} == {"gold": 3, "audit": 4, "doubt": 33}
    assert (found.waiting, found.auditable) == (60, 30)
    assert {each.candidate_id for each in kinds["gold"]} == gold.keys()
    assert {(each.gold_verdict, each.gold_category) for each in kinds["gold"]} == {("reject", "leak")}
    assert {each.candidate_id for each in kinds["audit"]} <= set(accepted) - gold.keys()
    assert {each.candidate_id for each in kinds["doubt"]} <= set(doubtful) - gold.keys()
    assert len({each.candidate_id for each in found.items}) == 40
    assert {each.gold_verdict for each in (*kinds["audit"], *kinds["doubt"])} == {None}


def test_as_many_doubts_are_blind_as_audits_and_gold_questions_and_blind_ones_suggest_nothing(tmp_path: Path) -> None:
    store = mixed(tmp_path, 60, 30)
    found = chosen(store, 40, 0.2, golden(by_decision(store, "accept")[0])).items
    blind = [each for each in found if each.blind]
    assert Counter(each.kind for each in blind) == {"gold": 1, "audit": 8, "doubt": 9}
    assert {(each.suggested_verdict, each.suggested_category) for each in blind} == {(None, None)}
    assert all(each.kind == "doubt" for each in found if not each.blind)
    assert all(each.probability is not None for each in found)


def test_where_doubts_are_few_no_more_audits_go_along_than_they_can_hide(tmp_path: Path) -> None:
    store = mixed(tmp_path, 3, 30)
    found = chosen(store, 20, 0.5).items
    assert Counter((each.kind, each.blind) for each in found) == {("audit", True): 3, ("doubt", True): 3}
    ask(store, 20, 0.5, {})
    assert chosen(store, 20, 0.5).items == ()
    assert {each.kind for each in chosen(store, 20, 1.0).items} == {"audit"}


@pytest.mark.parametrize(
    ("budget", "share", "audits", "doubts"),
    [(0, 0.5, 0, 0), (1, 0.5, 1, 0), (10, 0.0, 0, 10), (10, 1.0, 10, 0), (100, 0.07, 7, 20), (15, 0.1, 2, 13)],
)
def test_the_share_of_audits_is_that_of_the_budget_rounded_up(
    budget: int, share: float, audits: int, doubts: int, tmp_path: Path
) -> None:
    found = chosen(mixed(tmp_path, 20, 12), budget, share).items
    kinds = Counter(each.kind for each in found)
    assert (kinds["audit"], kinds["doubt"]) == (audits, doubts)


def test_gold_questions_never_pass_the_budget(tmp_path: Path) -> None:
    store = mixed(tmp_path, 5, 5)
    found = chosen(store, 2, 0.5, golden(*by_decision(store, "accept"))).items
    assert [each.kind for each in found] == ["gold", "gold"]


def test_nothing_is_asked_twice_and_the_same_store_gives_the_same_queue(tmp_path: Path) -> None:
    store = mixed(tmp_path, 25, 10)
    gold = golden(by_decision(store, "review")[3])
    assert chosen(store, 10, 0.2, gold) == chosen(store, 10, 0.2, gold)
    asked: list[str] = []
    while found := ask(store, 10, 0.2, gold):
        asked += [each.candidate_id for each in found]
    asked += [each.candidate_id for each in ask(store, 10, 1.0, gold)]
    assert sorted(asked) == sorted((*by_decision(store, "review"), *by_decision(store, "accept")))


def test_what_people_decided_is_not_asked(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    assert key in {each.candidate_id for each in chosen(store, 10, 1.0).items} | set(by_decision(store, "review"))
    answered.pull(store, answered.response(key, "ann", verdict="correct", corrected_question=answered.CORRECTED))
    ((new, _),) = answered.corrections(store, key)
    assert not {key, new} & {each.candidate_id for each in chosen(store, 50, 0.5).items}


def test_of_twins_one_is_asked_and_none_where_another_is_asked_or_accepted(tmp_path: Path) -> None:
    of, other, third = made.problem(40), made.problem(41), made.problem(42)
    store = made.ingested(tmp_path, of, other, third)
    made.derived(
        store,
        made.derivation(of, DOUBT, conditions=[0]),  # two wordings of one equation
        made.derivation(other, {}, conditions=[0]),  # accepted, its twin with another equation is not
        made.derivation(third, DOUBT, conditions=[0]),  # two equations
    )
    made.derived(
        store,
        made.derivation(of, DOUBT, conditions=[0], question="He sold 120 clips. What is x?", wording="declarative"),
        made.derivation(other, DOUBT, conditions=[0], expression="x + 20", wording="declarative"),
        made.derivation(third, DOUBT, conditions=[0], expression="x + 21", wording="declarative"),
        wording="declarative",
    )
    found = ask(store, 50)
    problems = Counter(
        problem
        for each in found
        for (problem,) in made.query(
            store, "SELECT problem_id FROM candidates WHERE candidate_id = ?", each.candidate_id
        )
    )
    assert problems == {of.id: 1, third.id: 2}
    assert not chosen(store, 50).items


def test_what_a_policy_holds_for_audits_is_audited_and_no_doubt(tmp_path: Path) -> None:
    store = mixed(tmp_path, 4, 6)
    held = by_decision(store, "accept")
    with store.connect() as connection:
        decisions.append(
            connection,
            [
                Decision(
                    candidate_id=key,
                    verdict="review",
                    reasons=(f"{HELD}not shown yet",),
                    policy="p",
                    decided_by="policy",
                )
                for key in held
            ],
        )
    found = chosen(store, 20, 0.5)
    assert (found.waiting, found.auditable) == (4, 6)
    assert {each.candidate_id for each in chosen(store, 20, 1.0).items if each.kind == "audit"} == set(held)
    assert {each.candidate_id for each in found.items if each.kind == "doubt"} == set(
        by_decision(store, "review")
    ) - set(held)


def test_candidates_that_were_derived_anew_are_not_asked_and_a_gold_one_of_them_does_no_harm(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, made.problem(48))
    old = made.derivation(made.problem(48), DOUBT, conditions=[0])
    made.derived(store, old)
    newer = made.derivation(made.problem(48), DOUBT, conditions=[0], question="What is x?")
    made.derived(store, newer, fingerprint="f2")
    assert [each.candidate_id for each in chosen(store, 9, 0.5).items] == [newer.candidates[0].id]
    kinds = {each.candidate_id: each.kind for each in chosen(store, 9, 0.5, golden(old.candidates[0].id)).items}
    assert kinds[newer.candidates[0].id] == "doubt"


def test_a_verdict_is_suggested_where_the_machine_is_all_but_sure(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, *[made.problem(number) for number in range(6)])
    doubts: list[made.Outcomes] = [
        DOUBT,
        {"agreement": "fail", "formula_holds": "undecided"},
        {"unique_root": "undecided"},
    ]
    made.derived(
        store, *[made.derivation(made.problem(number), doubts[number % 3], conditions=[0]) for number in range(6)]
    )
    for each in chosen(store, 6).items:
        assert each.probability is not None
        expected = "accept" if each.probability >= SURE else "reject" if each.probability <= 1 - SURE else None
        assert each.suggested_verdict == expected
        assert (each.suggested_category is not None) == (expected == "reject")


def test_the_order_in_which_items_are_sent_tells_nothing_of_their_kind(tmp_path: Path) -> None:
    store = mixed(tmp_path, 60, 60)
    ask(store, 100, 0.4, golden(*by_decision(store, "accept")[:10]))
    with store.connect(read_only=True) as connection:
        sent = items.unpushed(connection, "review")
    assert len(sent) == 100
    for half in (sent[:50], sent[50:]):
        assert 10 <= sum(each.kind == "audit" for each in half) <= 30
        assert 1 <= sum(each.kind == "gold" for each in half) <= 9
