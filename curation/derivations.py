"""Derivations: writing what the pipeline makes, decided as it is written, and which problems are done already."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import pyarrow as pa
from duckdb import DuckDBPyConnection

from curation import decisions, samples
from curation.agreement import has_other_kind, settle
from curation.candidates import add_candidates, add_checks
from curation.columns import insert, stored, string_lists, strings, struct_lists
from curation.policy import Policy
from curation.review.audit import shown
from curation.runs import Run
from curation.store import Store
from schemas.candidate import WordingKind
from schemas.check import Check
from schemas.condition import Condition
from schemas.decision import Decision, Verdict
from schemas.derivation import Derivation
from schemas.formula import FormulaKind, NumberOrigin
from schemas.identity import content_id


def done_problem_ids(store: Store, kind: FormulaKind, wording: WordingKind, fingerprint: str) -> set[str]:
    """The problems that have been derived with this kind of formula, wording and fingerprint, and did not fail."""
    with store.connect(read_only=True) as connection:
        rows = connection.execute(
            "SELECT problem_id FROM derivations WHERE formula = ? AND wording = ? AND fingerprint = ? AND NOT failed",
            [kind, wording, fingerprint],
        ).fetchall()
    return {problem_id for (problem_id,) in rows}


class StoreSink:
    """Where a run's derivations go: the store, with the policy's decision on each candidate.

    `verdicts` counts the candidates handed in so far by what the policy decided.
    """

    def __init__(self, store: Store, run: Run, wording: WordingKind, policy: Policy) -> None:
        self._store = store
        self._run = run
        self._wording = wording
        self._policy = policy
        self.verdicts: Counter[Verdict] = Counter()
        self._turn = threading.Lock()

    async def write(self, derivations: Sequence[Derivation]) -> None:
        """Write the derivations with their candidates, checks and decisions, off the event loop.

        All of it is one transaction: after a kill the store has the whole batch, or nothing of it. What the store has
        already is left out.
        """
        await asyncio.to_thread(self._write, derivations)

    def _write(self, derivations: Sequence[Derivation]) -> None:
        with self._turn, self._store.connect() as connection:
            decided = self._decide(connection, derivations)
            samples.add(connection, self._run.run_id, chain.from_iterable(row.samples for row in derivations))
            fresh = self._fresh(connection, derivations)
            if fresh:
                decided |= self._add(connection, fresh, decided)
        self.verdicts.update(
            decided[candidate.id].verdict for derivation in derivations for candidate in derivation.candidates
        )

    def _decide(self, connection: DuckDBPyConnection, derivations: Sequence[Derivation]) -> dict[str, Decision]:
        candidates = {candidate.id: candidate for derivation in derivations for candidate in derivation.candidates}
        audited = shown(
            connection, self._policy, {key: (one.problem_id, one.formula) for key, one in candidates.items()}
        )
        return {
            key: self._policy.decision(key, one.checks, has_relation=one.relation is not None, audited=audited.get(key))
            for key, one in candidates.items()
        }

    def _fresh(self, connection: DuckDBPyConnection, derivations: Sequence[Derivation]) -> dict[str, Derivation]:
        """Those of the derivations, by id, that the store has not: not done yet, nor failed so in this run before."""
        fresh: dict[str, Derivation] = {}
        for derivation in derivations:
            key = self._derivation_id(derivation)
            if key not in fresh or fresh[key].failed:
                fresh[key] = derivation
        connection.register("wanted", pa.table({"derivation_id": strings(fresh)}))
        rows = connection.execute(
            "SELECT derivation_id, failed, run_id, reason FROM derivations SEMI JOIN wanted USING (derivation_id)"
        ).fetchall()
        connection.unregister("wanted")
        done = {key for key, failed, _, _ in rows if not failed}
        failures = {(key, reason) for key, _, run_id, reason in rows if run_id == self._run.run_id}
        return {
            key: derivation
            for key, derivation in fresh.items()
            if key not in done and not (derivation.failed and (key, derivation.reason) in failures)
        }

    def _add(
        self, connection: DuckDBPyConnection, fresh: dict[str, Derivation], decided: dict[str, Decision]
    ) -> dict[str, Decision]:
        """Add the derivations with all that belongs to them; return the decisions that comparing formulas changed."""
        candidates = {candidate.id: candidate for derivation in fresh.values() for candidate in derivation.candidates}
        known = stored(connection, "candidates", "candidate_id", candidates)
        add_candidates(connection, self._run.run_id, [row for key, row in candidates.items() if key not in known])
        checks: dict[str, Sequence[Check]] = {key: candidate.checks for key, candidate in candidates.items()}
        if known:
            before = _last_checks(connection, known)
            for key in known:
                checks[key] = [
                    check for check in checks[key] if before.get((key, check.name)) != (check.outcome, check.reason)
                ]
        add_checks(connection, self._run.run_id, checks)
        self._insert_derivations(connection, fresh)
        compared: dict[str, Decision] = {}
        if has_other_kind(connection, {derivation.kind for derivation in fresh.values()}):
            compared = settle(connection, self._run.run_id, list(fresh.values()), self._policy)
        new = {key: decided[key] for key in candidates} | compared
        known |= new.keys() - candidates.keys()
        earlier = decisions.last_of_policy(connection, known) if known else {}
        decisions.append(connection, decisions.changed(new.values(), earlier))
        return compared

    def _derivation_id(self, derivation: Derivation) -> str:
        return content_id("derivation", derivation.problem_id, derivation.kind, self._wording, self._run.fingerprint)

    def _insert_derivations(self, connection: DuckDBPyConnection, fresh: dict[str, Derivation]) -> None:
        rows = list(fresh.values())
        insert(
            connection,
            "derivations",
            {
                "derivation_id": strings(fresh),
                "problem_id": strings(row.problem_id for row in rows),
                "formula": strings(row.kind for row in rows),
                "wording": pa.repeat(self._wording, len(rows)),
                "fingerprint": pa.repeat(self._run.fingerprint, len(rows)),
                "conditions": struct_lists([row.conditions for row in rows], Condition),
                "expression": strings(row.formula.expression if row.formula else None for row in rows),
                "numbers": struct_lists([row.formula.numbers if row.formula else () for row in rows], NumberOrigin),
                "outcome": strings(row.outcome for row in rows),
                "reason": strings(row.reason for row in rows),
                "candidate_ids": string_lists([[candidate.id for candidate in row.candidates] for row in rows]),
                "run_id": pa.repeat(self._run.run_id, len(rows)),
                "failed": pa.array([row.failed for row in rows], pa.bool_()),
            },
        )


def _last_checks(
    connection: DuckDBPyConnection, candidate_ids: Iterable[str]
) -> dict[tuple[str, str], tuple[str, str]]:
    """The last outcome and reason of each check of the candidates, those that comparing formulas added left out."""
    connection.register("wanted", pa.table({"candidate_id": strings(candidate_ids)}))
    rows = connection.execute(
        "SELECT candidate_id, check_name, outcome, reason FROM checks SEMI JOIN wanted USING (candidate_id) "
        "WHERE compared_with IS NULL ORDER BY checks.rowid"
    ).fetchall()
    connection.unregister("wanted")
    return {(candidate_id, name): (outcome, reason) for candidate_id, name, outcome, reason in rows}
