"""The queue: which candidates people are asked about, the most informative first, and what is mixed in unseen.

An audit measures what the policy accepts, and a gold question the reviewers, only while nobody can tell them from the
rest. So both are blind: shown without doubt and suggestion. And since the doubtful ones have these, as many of them are
shown blind as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil

from duckdb import DuckDBPyConnection

from curation.candidates import read
from curation.decisions import last_of_policy
from curation.policy import HELD
from curation.review.budget import Bought, order
from curation.review.budget import budget as budget_of
from curation.review.doubt import category, doubtful
from curation.review.gold_answers import GoldAnswer
from curation.review.probability import Estimates, estimate
from schemas.identity import content_id
from schemas.model import Model
from schemas.review import ItemKind, ReviewItem, ReviewVerdict

SURE = 0.8
"""P(correct) from which on a verdict is suggested; from 1 - SURE down, the opposite one."""


class Chosen(Model):
    """What was chosen for a budget: `items`, and how many candidates waited to be, as doubtful or for an audit.

    `bought` is what reviewing so many of the doubtful ones is expected to bring, by `estimates`; `doubts` of them are
    among the items.
    """

    items: tuple[ReviewItem, ...]
    waiting: int
    auditable: int
    doubts: int
    estimates: Estimates
    bought: tuple[Bought, ...]


def choose(connection: DuckDBPyConnection, budget: int, audit_share: float, gold: Mapping[str, GoldAnswer]) -> Chosen:
    """Choose at most `budget` items that nobody was asked about yet.

    Gold questions come first; `audit_share` of the budget goes to candidates that the policy accepts, drawn as by lot,
    and to no more than there are doubtful ones, unless it is all of it; the rest to the doubtful ones, those first that
    are worth most to know.
    """
    waiting, auditable = _ids(connection, _WAITING), _ids(connection, _AUDITABLE)
    asked = set(_ids(connection, "SELECT candidate_id FROM review_items WHERE stage = 'review'"))
    golden = [key for key in gold if key not in asked][:budget]
    left = budget - len(golden)
    most = ceil(round(budget * audit_share, 6))
    if audit_share < 1:  # else they would stand by themselves, and everyone could see what they are
        most = min(most, len(waiting))
    audits = [key for key in _by_lot(auditable) if key not in gold][: min(most, left)]
    estimates = estimate(connection, [*waiting, *audits, *golden, *_ids(connection, _ACCEPTED)])
    ranked = [key for key in order(connection, estimates, waiting) if key not in gold]
    doubts = ranked[: left - len(audits)]
    unseen = set(_by_lot(doubts)[: len(golden) + len(audits)])
    probability = estimates.probability
    items = [
        *(_blind("gold", key, probability[key], gold[key]) for key in golden),
        *(_blind("audit", key, probability[key]) for key in audits),
        *(_blind("doubt", key, probability[key]) for key in doubts if key in unseen),
        *_open(connection, [key for key in doubts if key not in unseen], probability),
    ]
    return Chosen(
        items=tuple(items),
        waiting=len(waiting),
        auditable=len(auditable),
        doubts=len(doubts),
        estimates=estimates,
        bought=budget_of(connection, estimates, ranked, len(doubts)),
    )


_NOT_ASKED = "candidate_id NOT IN (SELECT candidate_id FROM review_items WHERE stage = 'review')"

_WAITING = f"""
    SELECT candidate_id FROM candidate_overview AS candidate
    WHERE decision = 'review' AND decided_by = 'policy' AND NOT starts_with(reasons[1], '{HELD}') AND {_NOT_ASKED}
        AND NOT EXISTS (
            FROM candidate_overview AS twin
            WHERE twin.problem_id = candidate.problem_id AND twin.condition_start = candidate.condition_start
                AND (twin.decision = 'accept' OR (twin.equation = candidate.equation AND twin.candidate_id IN (
                    SELECT candidate_id FROM review_items WHERE stage = 'review'
                )))
        )
    QUALIFY row_number() OVER (PARTITION BY problem_id, condition_start, equation ORDER BY candidate_id) = 1
    ORDER BY candidate_id
"""
"""Of candidates that ask for one condition by one equation, one; none where another one is accepted or asked about."""

_AUDITABLE = f"""
    SELECT candidate_id FROM candidate_overview
    WHERE decided_by = 'policy' AND (decision = 'accept' OR starts_with(reasons[1], '{HELD}')) AND {_NOT_ASKED}
    ORDER BY candidate_id
"""
"""Those that the checks accept, also where the policy holds them back until an audit shows what they are worth."""


_ACCEPTED = "SELECT candidate_id FROM candidate_overview WHERE decision = 'accept' AND decided_by = 'policy'"


def _ids(connection: DuckDBPyConnection, query: str) -> list[str]:
    return [key for (key,) in connection.execute(query).fetchall()]


def _by_lot(candidate_ids: Iterable[str]) -> list[str]:
    """In an order that has to do with nothing, and is the same each time."""
    return sorted(candidate_ids, key=lambda key: content_id("lot", key))


def _blind(kind: ItemKind, candidate_id: str, probability: float, answer: GoldAnswer | None = None) -> ReviewItem:
    return ReviewItem(
        candidate_id=candidate_id,
        stage="review",
        kind=kind,
        blind=True,
        probability=probability,
        suggested_verdict=None,
        suggested_category=None,
        gold_verdict=answer.verdict if answer else None,
        gold_category=answer.category if answer else None,
    )


def _open(
    connection: DuckDBPyConnection, candidate_ids: Sequence[str], probability: Mapping[str, float]
) -> Iterator[ReviewItem]:
    """Doubtful items with what the machine would say where it is all but sure."""
    whole = read(connection, candidate_ids)
    reasons = {key: decision.reasons for key, decision in last_of_policy(connection, candidate_ids).items()}
    for key in candidate_ids:
        verdict = _suggested(probability[key])
        yield ReviewItem(
            candidate_id=key,
            stage="review",
            kind="doubt",
            blind=False,
            probability=probability[key],
            suggested_verdict=verdict,
            suggested_category=category(doubtful(whole[key][1], reasons[key])) if verdict == "reject" else None,
            gold_verdict=None,
            gold_category=None,
        )


def _suggested(probability: float) -> ReviewVerdict | None:
    if probability >= SURE:
        return "accept"
    return "reject" if probability <= 1 - SURE else None
