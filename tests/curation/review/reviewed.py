"""Candidates that people were asked about and answered, made for the tests of what is measured of reviews."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from curation.review import items, reviews
from curation.store import Store
from schemas.review import ErrorCategory, ItemKind, Review, ReviewEvent, ReviewItem, ReviewStage, ReviewVerdict
from tests.curation import made

NOON = datetime(2026, 3, 2, 12)
"""A Monday."""

DOUBTS: dict[tuple[tuple[str, str], ...], tuple[float, float]] = {
    (): (0.5, 0.96),
    (("provenance", "undecided"),): (0.2, 0.85),
    (("unique_root", "undecided"),): (0.1, 0.55),
    (("formula_holds", "undecided"),): (0.1, 0.4),
    (("agreement", "fail"),): (0.05, 0.25),
    (("provenance", "undecided"), ("formula_holds", "undecided")): (0.05, 0.1),
}
"""How checks come out in a made store, how often, and how often the candidate is right then."""


def item(
    candidate_id: str,
    kind: ItemKind = "doubt",
    *,
    blind: bool | None = None,
    stage: ReviewStage = "review",
    probability: float | None = None,
    suggested: ReviewVerdict | None = None,
    gold: ReviewVerdict | None = None,
    gold_category: ErrorCategory | None = None,
) -> ReviewItem:
    """What is asked about a candidate; audits and gold questions are blind."""
    return ReviewItem(
        candidate_id=candidate_id,
        stage=stage,
        kind=kind,
        blind=kind in ("audit", "gold") if blind is None else blind,
        probability=probability,
        suggested_verdict=suggested,
        suggested_category=None,
        gold_verdict=gold,
        gold_category=gold_category,
    )


def answer(
    candidate_id: str,
    reviewer: str,
    verdict: ReviewVerdict | None,
    seconds: float = 0,
    *,
    stage: ReviewStage = "review",
    category: ErrorCategory | None = None,
    event: ReviewEvent = "submitted",
    unusable: str = "",
) -> Review:
    """One event of the reviewer's one answer to the candidate at the stage, so many seconds after noon."""
    return Review(
        response_id=f"{stage} {reviewer} {candidate_id}",
        candidate_id=candidate_id,
        stage=stage,
        reviewer=reviewer,
        event=event,
        verdict=verdict,
        category=category,
        corrected_question=None,
        corrected_answer=None,
        wrong_steps=(),
        comment=None,
        raw="{}",
        unusable=unusable,
        answered_at=NOON + timedelta(seconds=seconds),
    )


def write(store: Store, asked: Sequence[ReviewItem] = (), answers: Iterable[Review] = ()) -> None:
    """Write what was asked and answered."""
    with store.connect() as connection:
        items.add(connection, asked)
        reviews.append(connection, answers)


def candidates(folder: Path, count: int, *, source: str = "gsm8k", outcome: made.Outcomes | None = None) -> list[str]:
    """Add candidates, each of a problem of its own, whose checks come out alike; their ids."""
    rows = [made.problem(number, source) for number in range(count)]
    store = made.ingested(folder, *rows)
    derivations = [made.derivation(of, outcome or {}, conditions=[0]) for of in rows]
    made.derived(store, *derivations)
    return [derivation.candidates[0].id for derivation in derivations]


def truths(folder: Path, problems: int, seed: int) -> tuple[Store, dict[str, bool], dict[str, float]]:
    """A store whose candidates' checks come out as in DOUBTS, which of them are right, and with which probability.

    A problem has two candidates; those with many digits are wrong more often.
    """
    random = np.random.default_rng(seed)
    kinds = list(DOUBTS)
    rows = [made.problem(int(10 ** random.uniform(0, 6)) * 10_000 + number) for number in range(problems)]
    store = made.ingested(folder, *rows)
    derivations, right, probability = [], {}, {}
    for of in rows:
        drawn = random.choice(len(kinds), size=2, p=[share for share, _ in DOUBTS.values()])
        derivation = made.derivation(of, *(dict(kinds[kind]) for kind in drawn))
        derivations.append(derivation)
        for candidate, kind in zip(derivation.candidates, drawn, strict=True):
            odds = DOUBTS[kinds[kind]][1]
            odds = odds / (1 - odds) * 0.8 ** (len(candidate.answer) - 6)
            probability[candidate.id] = odds / (1 + odds)
            right[candidate.id] = bool(random.random() < probability[candidate.id])
    made.derived(store, *derivations)
    return store, right, probability


def verdicts_of(right: Mapping[str, bool], chosen: Iterable[str], reviewer: str = "ann") -> list[Review]:
    """A reviewer who knows says which of the chosen are right."""
    return [answer(key, reviewer, "accept" if right[key] else "reject", 30 * n) for n, key in enumerate(chosen)]
