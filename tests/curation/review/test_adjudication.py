"""Adjudication: what reviewers differ on is queued once, and only that."""

from pathlib import Path

from curation.review import items
from curation.review.adjudication import queue_disagreements
from curation.store import Store
from tests.curation.review import answered, reviewed
from tests.curation.review.answered import LEAKY, pull, response


def queued(store: Store) -> tuple[int, list[str]]:
    """How many were queued now, and all that wait to be sent to adjudicators."""
    with store.connect() as connection:
        count = queue_disagreements(connection)
        waiting = items.unpushed(connection, "adjudication")
    assert {(each.kind, each.blind, each.suggested_verdict) for each in waiting} <= {("disagreement", False, None)}
    return count, sorted(each.candidate_id for each in waiting)


def test_only_what_reviewers_differ_on_is_queued_and_once(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 5, outcome={"provenance": "undecided"})
    store = Store(tmp_path)
    reviewed.write(store, [reviewed.item(key) for key in keys])
    agreed, differ, unsure, one, _ = keys
    assert queued(store) == (0, [])
    pull(
        store,
        *(response(agreed, name, verdict="accept") for name in ("ann", "ben")),
        response(differ, "ann", verdict="accept"),
        response(differ, "ben", verdict="reject"),
        *(response(unsure, name, verdict="unsure") for name in ("ann", "ben")),
        response(one, "ann", verdict="reject"),
        needed=2,
    )
    assert queued(store) == (2, sorted([differ, unsure]))
    assert queued(store) == (0, sorted([differ, unsure]))


def test_a_correction_that_does_not_hold_is_queued_and_what_an_adjudicator_decided_is_not(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    pull(store, response(key, "ann", verdict="correct", corrected_question=LEAKY))
    assert queued(store) == (1, [key])
    pull(store, response(key, "eve", verdict="reject", stage="adjudication"), stage="adjudication")
    assert queued(store)[0] == 0


def test_reviewers_who_come_to_agree_before_it_is_queued_need_nobody(tmp_path: Path) -> None:
    store, key = answered.store(tmp_path)
    ann = response(key, "ann", verdict="accept")
    pull(store, ann, response(key, "ben", verdict="reject"), needed=2)
    pull(store, ann, response(key, "ben", 5, verdict="accept"), needed=2)
    assert queued(store) == (0, [])
