"""Deciding by what people answered: decisions and corrected candidates, added only where they are new."""

from collections import Counter
from datetime import UTC, datetime
from functools import partial

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

NO_LONGER_CORRECTED = "corrected: this correction does not stand any more"
NO_LONGER_DECIDED = "its answers do not decide it any more"


def decide(connection: DuckDBPyConnection, stage: ReviewStage, needed: int) -> Counter[str]:
    """Decide all candidates of the stage from the answers that stand; return how many new decisions there are of each.

    A candidate that was decided, and whose answers no longer decide it, goes back to what was said of it before: by
    the policy, or where adjudicators had decided it, by the reviewers. Gold questions are not decided. Counted are the
    verdicts, `corrected`, `taken back`, and `disagreement` for those that adjudicators are to decide.
    """
    answers = standing(connection, stage)
    before = _last_by(connection, _DECIDES[stage])
    corrections = _corrections(connection)
    of_corrections = {made for made, _, _ in corrections}
    concerned = sorted((answers.keys() | before.keys()) - _gold(connection) - of_corrections)
    whole = candidates.read(connection, concerned)
    back = decisions.last_of_policy(connection, concerned)
    if stage == "adjudication":
        back |= _last_by(connection, "reviewer")
    earlier: dict[str, list[str]] = {}
    for made, corrects, at in corrections:
        if at == stage:
            earlier.setdefault(corrects, []).append(made)
    wanted: list[Decision] = []
    corrected: dict[str, Decision] = {}
    names: dict[str, str] = {}
    for key in concerned:
        if key not in whole or key not in back:
            continue
        found = outcome(answers.get(key, ()), needed, *whole[key])
        if found is None and key not in before:
            continue
        names[key] = _name(found)
        say = partial(Decision, policy=back[key].policy, decided_by=_DECIDES[stage])
        if found:
            wanted.append(say(candidate_id=key, verdict=found.verdict, reasons=(found.reason,)))
        else:
            reasons = (NO_LONGER_DECIDED, *back[key].reasons)
            wanted.append(say(candidate_id=key, verdict=back[key].verdict, reasons=reasons))
        for made in earlier.get(key, ()):
            corrected.setdefault(made, say(candidate_id=made, verdict="reject", reasons=(NO_LONGER_CORRECTED,)))
        if found and found.made and found.by:
            if found.made.id not in earlier.get(key, ()):
                _add(connection, key, found.made, found.by)
            reason = f"accept: the correction of {found.by.reviewer}"
            corrected[found.made.id] = say(candidate_id=found.made.id, verdict="accept", reasons=(reason,))
    new = decisions.changed(wanted, before)
    decisions.append(connection, [*new, *decisions.changed(corrected.values(), before)])
    return Counter(names[decision.candidate_id] for decision in new)


def _name(found: Outcome | None) -> str:
    if found is None:
        return "taken back"
    if found.made is not None:
        return "corrected"
    return DISAGREEMENT if found.verdict == "review" else found.verdict


def _add(connection: DuckDBPyConnection, corrects: str, made: BackwardProblem, review: Review) -> None:
    """Add the corrected candidate, with its checks, and what it corrects."""
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


def _gold(connection: DuckDBPyConnection) -> set[str]:
    found = connection.execute("SELECT candidate_id FROM review_items WHERE kind = 'gold'").fetchall()
    return {key for (key,) in found}


def _corrections(connection: DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """The candidates that corrections made, each with the one that was corrected, and the stage at which it was."""
    return connection.execute(
        "SELECT corrections.candidate_id, corrects, stage FROM corrections JOIN reviews USING (review_id) "
        "ORDER BY corrections.rowid"
    ).fetchall()


def _last_by(connection: DuckDBPyConnection, decided_by: DecidedBy) -> dict[str, Decision]:
    found = rows(
        connection,
        "SELECT * EXCLUDE (decided_at) FROM decisions WHERE decided_by = ? "
        "QUALIFY row_number() OVER (PARTITION BY candidate_id ORDER BY rowid DESC) = 1",
        [decided_by],
    )
    return {row["candidate_id"]: Decision.model_validate(row) for row in found}
