"""Agreement: whether formulas got in different ways, read off the solution and written by a model, are one function.

A candidate's own `agreement` check is what its derivation knew: nothing for the trace's; for a model's, how its samples
compare. Where both kinds of formula exist for one condition and comparing them says something else, that is added as a
later outcome of the check. What holds in the end is the same whichever kind came first.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation.columns import insert, strings
from curation.policy import Policy
from curation.review.audit import shown
from curation.rows import rows
from generation.verification.expression import ExpressionError, parse
from generation.verification.rational_function import UNKNOWN, compute, same
from schemas.check import Check, CheckName, Outcome
from schemas.decision import Decision
from schemas.derivation import Derivation
from schemas.formula import FormulaKind
from schemas.relation import Relation

_WEIGHT: dict[Outcome, int] = {"fail": 0, "pass": 1, "undecided": 2}
"""Of several outcomes, the one with the least weight holds."""

_SAYS: dict[FormulaKind, str] = {"trace": "the trace", "formalize": "the model's formula"}


def same_function(one: Relation, other: Relation) -> bool | None:
    """Whether two relations' expressions are the same function of the unknown, by exact algebra; None: not decided."""
    if (one.unknown, one.expression) == (other.unknown, other.expression):
        return True
    try:
        first, second = (
            compute(parse(relation.expression, (relation.unknown,)), {relation.unknown: UNKNOWN})
            for relation in (one, other)
        )
    except ExpressionError:
        return None
    return same(first, second)


def has_other_kind(connection: DuckDBPyConnection, kinds: Iterable[FormulaKind]) -> bool:
    """Whether the store has derivations by two kinds of formula, counting `kinds`."""
    found = connection.execute("SELECT DISTINCT formula FROM derivations").fetchall()
    return len({kind for (kind,) in found} | set(kinds)) > 1


def settle(
    connection: DuckDBPyConnection, run_id: str, derivations: Sequence[Derivation], policy: Policy
) -> dict[str, Decision]:
    """Compare the formulas that these derivations, which are in the store, bring or leave their problems with.

    Outcomes of `agreement` that are new are added to the table `checks`. Returns the policy's decisions, for the caller
    to add, on the derivations' candidates and on those others of their problems whose `agreement` is new.
    """
    candidates = _read(connection, {derivation.problem_id for derivation in derivations})
    to_decide = {candidate.id for derivation in derivations for candidate in derivation.candidates}
    by_condition: dict[tuple[str, int, int], list[_Candidate]] = {}
    for candidate in candidates:
        if candidate.relation is not None:
            by_condition.setdefault(candidate.place, []).append(candidate)
    new = []
    for candidate in candidates:
        others = [one for one in by_condition.get(candidate.place, ()) if one.kind != candidate.kind]
        check, compared_with = _agreement(candidate, others)
        before = candidate.checks.get("agreement")
        if check is not None and (before is None or (before.outcome, before.reason) != (check.outcome, check.reason)):
            candidate.checks["agreement"] = check
            new.append((candidate.candidate_id, check, compared_with))
            to_decide.add(candidate.candidate_id)
    _insert(connection, run_id, new)
    deciding = [one for one in candidates if one.candidate_id in to_decide]
    audited = shown(connection, policy, {one.candidate_id: (one.place[0], one.kind) for one in deciding})
    return {
        one.candidate_id: policy.decision(
            one.candidate_id,
            one.checks.values(),
            has_relation=one.relation is not None,
            audited=audited.get(one.candidate_id),
        )
        for one in deciding
    }


@dataclass(slots=True)
class _Candidate:
    """What comparing needs of a candidate: its last checks, and of `agreement` also the last that was its own."""

    candidate_id: str
    place: tuple[str, int, int]
    kind: FormulaKind
    relation: Relation | None
    checks: dict[CheckName, Check]
    own: Check | None

    @property
    def holds(self) -> Outcome:
        """Whether its formula gives the original answer, from numbers that are all explained."""
        check = self.checks.get("formula_holds")
        return check.outcome if check else "undecided"


def _agreement(candidate: _Candidate, others: Sequence[_Candidate]) -> tuple[Check | None, str | None]:
    """The candidate's `agreement` with all that is known, and the candidate of the other kind that decided it."""
    start = time.perf_counter()
    found = list(_compared(candidate, others))
    if not found:
        return candidate.own, None
    outcome, reason, compared_with = min(found, key=lambda finding: (_WEIGHT[finding[0]], finding))
    own = candidate.own
    if own is not None and own.outcome != "undecided":
        if outcome in ("undecided", own.outcome):
            return own, None
        told = {outcome: reason, own.outcome: own.reason}
        outcome, reason = "fail", f"{told['fail']}; {told['pass']}"
    elapsed_ms = round((time.perf_counter() - start) * 1000, 4)
    return Check(name="agreement", outcome=outcome, reason=reason, elapsed_ms=elapsed_ms), compared_with


def _compared(candidate: _Candidate, others: Sequence[_Candidate]) -> Iterator[tuple[Outcome, str, str]]:
    """How the candidate's relation compares with each that speaks for or against it: outcome, reason, candidate."""
    if candidate.relation is None:
        return
    for other in others:
        if other.relation is None or other.holds == "fail":  # a formula that is refuted speaks against itself only
            continue
        pair = {candidate.kind: candidate.relation.equation, other.kind: other.relation.equation}
        both = f"the trace gives {pair['trace']}, the model {pair['formalize']}"
        if other.holds != "pass":
            reason = f"{both}; {_SAYS[other.kind]} has numbers that nothing explains, so that it proves nothing"
            yield "undecided", reason, other.candidate_id
            continue
        verdict = same_function(candidate.relation, other.relation)
        if verdict is None:
            yield "undecided", f"{both}: it cannot be told whether they are the same function", other.candidate_id
        elif verdict:
            equations = " and ".join(dict.fromkeys((pair["trace"], pair["formalize"])))
            unknown = candidate.relation.unknown
            reason = f"the trace and the model's formula are the same function of {unknown}: {equations}"
            yield "pass", reason, other.candidate_id
        else:
            yield "fail", both, other.candidate_id


_CANDIDATES = """
    SELECT candidate_id, problem_id, condition."start" AS "start", condition."end" AS "end", formula, relation
    FROM candidates SEMI JOIN (
        SELECT unnest(candidate_ids) AS candidate_id FROM latest_derivations SEMI JOIN wanted USING (problem_id)
    ) AS latest USING (candidate_id)
    ORDER BY candidates.rowid
"""

_CHECKS = """
    SELECT candidate_id, check_name AS name, outcome, reason, elapsed_ms, compared_with
    FROM checks SEMI JOIN wanted USING (candidate_id) ORDER BY checks.rowid
"""


def _read(connection: DuckDBPyConnection, problem_ids: Iterable[str]) -> list[_Candidate]:
    """The candidates of the problems' latest derivations, with their checks."""
    connection.register("wanted", pa.table({"problem_id": strings(problem_ids)}))
    candidates = {
        row["candidate_id"]: _Candidate(
            candidate_id=row["candidate_id"],
            place=(row["problem_id"], row["start"], row["end"]),
            kind=row["formula"],
            relation=Relation(**row["relation"]) if row["relation"] else None,
            checks={},
            own=None,
        )
        for row in rows(connection, _CANDIDATES)
    }
    connection.unregister("wanted")
    connection.register("wanted", pa.table({"candidate_id": strings(candidates)}))
    for row in rows(connection, _CHECKS):
        candidate = candidates[row.pop("candidate_id")]
        own = row.pop("compared_with") is None
        check = Check(**row)
        candidate.checks[check.name] = check
        if own and check.name == "agreement":
            candidate.own = check
    connection.unregister("wanted")
    return list(candidates.values())


def _insert(connection: DuckDBPyConnection, run_id: str, new: Sequence[tuple[str, Check, str | None]]) -> None:
    if not new:
        return
    insert(
        connection,
        "checks",
        {
            "candidate_id": strings(candidate_id for candidate_id, _, _ in new),
            "check_name": strings(check.name for _, check, _ in new),
            "outcome": strings(check.outcome for _, check, _ in new),
            "reason": strings(check.reason for _, check, _ in new),
            "elapsed_ms": pa.array([check.elapsed_ms for _, check, _ in new], pa.float64()),
            "run_id": pa.repeat(run_id, len(new)),
            "compared_with": strings(compared_with for _, _, compared_with in new),
        },
    )
