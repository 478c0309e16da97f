"""Deciding by what people answered: decisions and corrected candidates, added only where they are new."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation import candidates, decisions
from curation.columns import insert, strings
from curation.review.reviews import standing
from curation.review.verdicts import DISAGREEMENT, Outcome, outcome
from curation.rows import rows
from schemas.candidate import BackwardProblem
from schemas.decision import DecidedBy, Decision
from schemas.review import Review, ReviewStage

_DECIDES: dict[ReviewStage, DecidedBy] = {"review": "reviewer", "adjudication": "adjudicator"}

REPLACED = "corrected: another correction took its place"
TAKEN_BACK = "the answers were taken back"


def decide(connection: DuckDBPyConnection, stage: ReviewStage, needed: int) -> Counter[str]:
    """Decide all candidates of the stage from the answers that stand; return how many new decisions there are of each.

    A candidate that was decided, and whose answers no longer decide it, goes back to what the policy says of it. Gold
    questions are not decided. Counted are the verdicts, `corrected`, and `disagreement` for those that adjudicators are
    to decide.
    """
    answers = standing(connection, stage)
    before = _last_by(connection, _DECIDES[stage])
    gold = {
        key for (key,) in connection.execute("SELECT candidate_id FROM review_items WHERE kind = 'gold'").fetchall()
    }
    made = _corrections(connection)
    concerned = sorted((answers.keys() | before.keys()) - gold - {key for keys in made.values() for key in keys})
    whole = candidates.read(connection, concerned)
    of_policy = decisions.last_of_policy(connection, concerned)
    new: list[Decision] = []
    counts: Counter[str] = Counter()
    for key in concerned:
        if key not in whole or key not in of_policy:
            continue
        problem, candidate = whole[key]
        found = outcome(answers.get(key, ()), needed, problem, candidate)
        policy = of_policy[key]
        decision = Decision(
            candidate_id=key,
            verdict=found.verdict if found else policy.verdict,
            reasons=(found.reason,) if found else (TAKEN_BACK, *policy.reasons),
            policy=policy.policy,
            decided_by=_DECIDES[stage],
        )
        held = before.get(key)
        if found is None and held is None:
            continue
        if held is None or (held.verdict, held.reasons) != (decision.verdict, decision.reasons):
            new.append(decision)
            counts[_name(found)] += 1
        new += _with_correction(connection, stage, key, found, made.get(key, ()), policy.policy, before)
    decisions.append(connection, new)
    return counts


def _name(found: Outcome | None) -> str:
    if found is None:
        return "taken back"
    if found.made is not None:
        return "corrected"
    return DISAGREEMENT if found.verdict == "review" else found.verdict


def _with_correction(
    connection: DuckDBPyConnection,
    stage: ReviewStage,
    corrects: str,
    found: Outcome | None,
    earlier: Sequence[str],
    policy: str,
    before: Mapping[str, Decision],
) -> list[Decision]:
    """Add the corrected candidate, and decide it and those that earlier corrections made."""
    current = found.made.id if found and found.made else None
    if found and found.made and found.by and current not in earlier:
        _add(connection, corrects, found.made, found.by)
    wanted: dict[str, tuple[str, str]] = {key: ("reject", REPLACED) for key in earlier if key != current}
    if current and found and found.by:
        wanted[current] = ("accept", f"accept: the correction of {found.by.reviewer}")
    new = []
    for key, (verdict, reason) in wanted.items():
        decision = Decision.model_validate(
            {"candidate_id": key, "verdict": verdict, "reasons": (reason,), "policy": policy}
            | {"decided_by": _DECIDES[stage]}
        )
        if before.get(key) != decision:
            new.append(decision)
    return new


def _add(connection: DuckDBPyConnection, corrects: str, made: BackwardProblem, review: Review) -> None:
    if not candidates.read(connection, [made.id]):
        candidates.add_candidates(connection, review.id, [made])
        candidates.add_checks(connection, review.id, {made.id: made.checks})
    insert(
        connection,
        "corrections",
        {
            "candidate_id": strings([made.id]),
            "corrects": strings([corrects]),
            "review_id": strings([review.id]),
            "corrected_at": pa.array([datetime.now(UTC).replace(tzinfo=None)], pa.timestamp("us")),
        },
    )


def _corrections(connection: DuckDBPyConnection) -> dict[str, list[str]]:
    """The candidates that corrections made, by the candidate that was corrected."""
    made: dict[str, list[str]] = {}
    for corrects, key in connection.execute("SELECT corrects, candidate_id FROM corrections ORDER BY rowid").fetchall():
        made.setdefault(corrects, []).append(key)
    return made


def _last_by(connection: DuckDBPyConnection, decided_by: DecidedBy) -> dict[str, Decision]:
    found = rows(
        connection,
        "SELECT * EXCLUDE (decided_at) FROM decisions WHERE decided_by = ? "
        "QUALIFY row_number() OVER (PARTITION BY candidate_id ORDER BY rowid DESC) = 1",
        [decided_by],
    )
    return {row["candidate_id"]: Decision.model_validate(row) for row in found}
