"""Triage: deciding again, with another policy, what is in the store."""

from collections import Counter

from curation import decisions
from curation.policy import Policy
from curation.review.audit import shown
from curation.store import Store
from schemas.check import Check
from schemas.model import Model


class Triaged(Model):
    """What deciding again came to.

    `moved` counts the candidates by their change of verdict (`review to accept`); `reworded` have other reasons for the
    same verdict; `of_people` were decided by a reviewer or an adjudicator, whom the policy does not overrule.
    """

    candidates: int
    unchanged: int
    moved: dict[str, int]
    reworded: int
    of_people: int


def decide_again(store: Store, policy: Policy) -> Triaged:
    """Decide every candidate by `policy` and add the decisions whose verdict or reasons are new.

    Ids are hashes, so their first digit cuts the store into even pages; each is one transaction, with the store free in
    between. Cut short, the same call goes on.
    """
    total = Counter[str]()
    moved = Counter[str]()
    for digit in "0123456789abcdef":
        with store.connect() as connection:
            rows = connection.execute(
                "SELECT candidate_id, problem_id, formula, equation IS NOT NULL, decided_by FROM candidate_overview "
                "WHERE starts_with(candidate_id, ?)",
                [digit],
            ).fetchall()
            total["candidates"] += len(rows)
            by_policy = {key: row for key, *row, decided_by in rows if decided_by in ("policy", None)}
            total["of_people"] += len(rows) - len(by_policy)
            checks: dict[str, list[Check]] = {key: [] for key in by_policy}
            for key, name, outcome, reason, elapsed_ms in connection.execute(
                "SELECT candidate_id, check_name, outcome, reason, elapsed_ms FROM check_overview "
                "WHERE starts_with(candidate_id, ?)",
                [digit],
            ).fetchall():
                if key in checks:
                    checks[key].append(Check(name=name, outcome=outcome, reason=reason, elapsed_ms=elapsed_ms))
            audited = shown(connection, policy, {key: (problem, kind) for key, (problem, kind, _) in by_policy.items()})
            earlier = decisions.last_of_policy(connection, by_policy)
            new = decisions.changed(
                (
                    policy.decision(key, checks[key], has_relation=has_relation, audited=audited.get(key))
                    for key, (_, _, has_relation) in by_policy.items()
                ),
                earlier,
            )
            decisions.append(connection, new)
        total["unchanged"] += len(by_policy) - len(new)
        for decision in new:
            before = earlier.get(decision.candidate_id)
            if before is not None and before.verdict == decision.verdict:
                total["reworded"] += 1
            else:
                moved[f"{before.verdict if before else 'none'} to {decision.verdict}"] += 1
    return Triaged(
        candidates=total["candidates"],
        unchanged=total["unchanged"],
        moved=dict(sorted(moved.items())),
        reworded=total["reworded"],
        of_people=total["of_people"],
    )
