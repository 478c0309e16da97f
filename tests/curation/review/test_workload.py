"""Workload: counts of rows and people, as they stand after the last pull."""

from collections.abc import Sequence
from pathlib import Path

from curation.review import items
from curation.review.adjudication import queue_disagreements
from curation.review.workload import ReviewerLoad, Workload, workload
from curation.store import Store
from schemas.review import ReviewStage
from tests.curation.review import reviewed
from tests.curation.review.answered import pull, response

MEMBERS: dict[ReviewStage, Sequence[str]] = {"review": ["ann", "ben", "cid"], "adjudication": ["eve"]}


def load(store: Store) -> Workload:
    with store.connect(read_only=True) as connection:
        return workload(connection, MEMBERS, {"review": 2, "adjudication": 1})


def people(found: Workload) -> dict[str, tuple[int, int, int]]:
    return {each.reviewer: (each.answered, each.unusable, each.left) for each in found.reviewers}


def test_a_store_without_reviews_has_no_workload(tmp_path: Path) -> None:
    reviewed.candidates(tmp_path, 1)
    assert load(Store(tmp_path)) == Workload(stages=(), reviewers=(), disagreements=0)


def test_rows_and_people_are_counted(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 6, outcome={"provenance": "undecided"})
    store = Store(tmp_path)
    reviewed.write(store, [reviewed.item(key) for key in keys])
    with store.connect() as connection:
        items.mark_pushed(connection, "review", keys[:5])
    found = load(store)
    (stage,) = found.stages
    assert (stage.sent, stage.unsent, stage.unanswered, stage.decided) == (5, 1, 5, 0)
    assert people(found) == {"ann": (0, 0, 5), "ben": (0, 0, 5), "cid": (0, 0, 5)}
    pull(
        store,
        response(keys[0], "ann", verdict="accept"),
        response(keys[0], "ben", verdict="accept"),
        response(keys[1], "ann", verdict="accept"),
        response(keys[1], "gus", verdict="reject"),
        response(keys[2], "ann", verdict="maybe"),
        response(keys[3], "ann", status="draft", verdict="accept"),
        needed=2,
    )
    found = load(store)
    (stage,) = found.stages
    assert (stage.sent, stage.unanswered, stage.decided) == (5, 2, 1)
    # Two rows have both answers; ann answered one of the three that are left.
    assert people(found) == {"ann": (3, 1, 2), "ben": (1, 0, 3), "cid": (0, 0, 3), "gus": (1, 0, 3)}
    assert found.disagreements == 1
    with store.connect() as connection:
        queue_disagreements(connection)
        items.mark_pushed(connection, "adjudication", [keys[1]])
    found = load(store)
    assert found.disagreements == 0
    assert found.reviewers[-1] == ReviewerLoad(stage="adjudication", reviewer="eve", answered=0, unusable=0, left=1)
    pull(store, response(keys[1], "eve", verdict="accept", stage="adjudication"), stage="adjudication")
    found = load(store)
    assert [(each.stage, each.sent, each.unanswered, each.decided) for each in found.stages] == [
        ("review", 5, 2, 2),
        ("adjudication", 1, 0, 1),
    ]
    assert people(found)["eve"] == (1, 0, 0)
