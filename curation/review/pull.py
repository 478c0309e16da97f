"""Pull: what people answered in Argilla, appended to the store, checked, and decided by."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from curation import candidates
from curation.review import items, reviews
from curation.review.argilla import Argilla, Dataset
from curation.review.deciding import decide
from curation.review.reading import read, withdrawn
from curation.store import Store
from schemas.model import Model
from schemas.review import Review, ReviewStage


class Pulled(Model):
    """What a pull brought: events by what they are, unusable ones among them, and new decisions by what they are.

    `strangers` are answers to records that are no candidates of this store; `missing` are the stages whose dataset
    Argilla had, and has no more.
    """

    events: dict[str, int]
    unusable: int
    decided: dict[str, int]
    strangers: int
    missing: tuple[ReviewStage, ...] = ()


def pull(store: Store, server: Argilla, *, advance: Callable[[int], None] = lambda count: None) -> Pulled:
    """Take in every answer that is new or changed, and decide by all of them.

    Each page of records is one transaction. Cut short anywhere, the same call goes on: an event that the store has is
    not added again, and decisions follow from the answers alone.
    """
    events: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    unusable = strangers = 0
    missing: list[ReviewStage] = []
    for stage in get_args(ReviewStage):
        dataset = server.dataset(stage)
        if dataset is None:
            with store.connect(read_only=True) as connection:
                missing += [stage] * bool(items.count_pushed(connection, stage))
            continue
        for found, unknown in _events(store, server, dataset, stage, advance):
            with store.connect() as connection:
                reviews.append(connection, found)
            events.update(review.event for review in found)
            unusable += sum(bool(review.unusable) for review in found)
            strangers += unknown
        needed = dataset.reviews_needed if stage == "review" else 1
        with store.connect() as connection:
            items.note_needed(connection, stage, needed)
            decided += decide(connection, stage, needed)
    return Pulled(
        events=dict(events),
        unusable=unusable,
        decided=dict(decided),
        strangers=strangers,
        missing=tuple(missing),
    )


def _events(
    store: Store, server: Argilla, dataset: Dataset, stage: ReviewStage, advance: Callable[[int], None]
) -> Iterator[tuple[list[Review], int]]:
    """The new events of each page of records, and how many answers in it are to no candidate of the store."""
    with store.connect(read_only=True) as connection:
        known = reviews.last_events(connection, stage)
    by_candidate: dict[str, list[Review]] = {}
    for review in known.values():
        by_candidate.setdefault(review.candidate_id, []).append(review)
    for page in dataset.pages():
        answered = {str(each["external_id"]): each["responses"] for each in page}
        wanted = [key for key, responses in answered.items() if responses or key in by_candidate]
        with store.connect(read_only=True) as connection:
            whole = candidates.read(connection, wanted)
        found: list[Review] = []
        strangers = 0
        for key in wanted:
            if key not in whole:
                strangers += len(answered[key])
                continue
            candidate = whole[key][1]
            for response in answered[key]:
                reviewer = server.users.get(response["user_id"], "a deleted user")
                event = read(response, candidate, key, stage, reviewer, known.get(response["id"]))
                found += [event] if event else []
            found += _gone(by_candidate.get(key, ()), answered[key])
        yield found, strangers
        advance(len(page))


def _gone(before: Sequence[Review], responses: Sequence[dict[str, Any]]) -> list[Review]:
    """That answers were taken back which stood before, and which the record has no more."""
    there = {response["id"] for response in responses}
    now = datetime.now(UTC).replace(tzinfo=None)
    return [
        withdrawn(review, now) for review in before if review.event != "withdrawn" and review.response_id not in there
    ]
