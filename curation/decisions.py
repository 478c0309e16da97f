"""Decisions: adding them to the history, and the policy's last one of each candidate."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import insert, string_lists, strings
from schemas.decision import Decision


def append(connection: DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """Add the decisions, dated now."""
    if not decisions:
        return
    decided_at = datetime.now(UTC).replace(tzinfo=None)
    insert(
        connection,
        "decisions",
        {
            "candidate_id": strings(decision.candidate_id for decision in decisions),
            "verdict": strings(decision.verdict for decision in decisions),
            "reasons": string_lists([decision.reasons for decision in decisions]),
            "policy": strings(decision.policy for decision in decisions),
            "decided_by": strings(decision.decided_by for decision in decisions),
            "decided_at": pa.array([decided_at] * len(decisions), pa.timestamp("us")),
        },
    )


def last_of_policy(connection: DuckDBPyConnection, candidate_ids: Iterable[str]) -> dict[str, Decision]:
    """The policy's last decision of each of the candidates that has one."""
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids)}))
    rows = connection.execute(
        "SELECT candidate_id, verdict, reasons, policy FROM decisions SEMI JOIN wanted USING (candidate_id) "
        "WHERE decided_by = 'policy' ORDER BY decisions.rowid"
    ).fetchall()
    connection.unregister("wanted")
    return {
        candidate_id: Decision(
            candidate_id=candidate_id, verdict=verdict, reasons=tuple(reasons), policy=policy, decided_by="policy"
        )
        for candidate_id, verdict, reasons, policy in rows
    }


def changed(decisions: Iterable[Decision], earlier: dict[str, Decision]) -> list[Decision]:
    """Those of the decisions whose verdict or reasons are not those of the earlier one, or that have none."""
    return [
        decision
        for decision in decisions
        if (before := earlier.get(decision.candidate_id)) is None
        or (before.verdict, before.reasons) != (decision.verdict, decision.reasons)
    ]
