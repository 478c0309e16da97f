"""Push: what was chosen, sent to Argilla in batches, each noted as soon as Argilla has it."""

from collections.abc import Callable, Sequence
from typing import Any

from curation import candidates
from curation.decisions import last_of_policy
from curation.review import items
from curation.review.argilla import Dataset
from curation.review.doubt import doubtful, in_words
from curation.review.record import record
from curation.review.reviews import standing
from curation.review.told import told
from curation.store import Store
from schemas.review import ReviewItem, ReviewStage

BATCH = 200
"""Records that are sent at a time: few enough that a kill costs little, many enough to be quick."""


def restore(store: Store, dataset: Dataset, stage: ReviewStage) -> int:
    """Queue again what Argilla had and has no more, and nobody decided meanwhile; return how many that are."""
    with store.connect(read_only=True) as connection:
        pushed = items.count_pushed(connection, stage)
    if not pushed or dataset.count() >= pushed:
        return 0
    kept = [str(each["external_id"]) for page in dataset.pages() for each in page]
    with store.connect() as connection:
        return items.mark_lost(connection, stage, kept)


def send(
    store: Store,
    dataset: Dataset,
    stage: ReviewStage,
    *,
    advance: Callable[[int], None] = lambda count: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Send what the store has queued for the stage, and return how many records Argilla took.

    Cut short anywhere, even between Argilla's taking a batch and our noting it, the same call goes on: a record is
    known by its candidate's id, so that none is made twice.
    """
    with store.connect(read_only=True) as connection:
        waiting = items.unpushed(connection, stage)
    sent = 0
    for start in range(0, len(waiting), BATCH):
        if stopping():
            break
        batch = waiting[start : start + BATCH]
        records = _records(store, dataset, batch)
        dataset.put(records)
        with store.connect() as connection:
            items.mark_pushed(connection, stage, (item.candidate_id for item in batch))
        sent += len(records)
        advance(len(records))
    return sent


def _records(store: Store, dataset: Dataset, batch: Sequence[ReviewItem]) -> list[dict[str, Any]]:
    ids = [item.candidate_id for item in batch]
    with store.connect(read_only=True) as connection:
        whole = candidates.read(connection, ids)
        decisions = last_of_policy(connection, ids)
        answers = standing(connection, "review", ids) if batch[0].stage == "adjudication" else {}
    made = []
    for item in batch:
        problem, candidate = whole[item.candidate_id]
        decision = decisions.get(item.candidate_id)
        checks = doubtful(candidate, decision.reasons if decision else ())
        doubt = in_words(checks)
        if item.candidate_id in answers:
            doubt = f"{told(answers[item.candidate_id], candidate)}\n\n**The computer:**\n\n{doubt}"
        names = [check.name for check in checks]
        made.append(record(item, problem, candidate, doubt, names, dataset.questions))
    return made
