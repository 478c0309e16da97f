"""Candidates as they are asked for: lists by what was decided and why, and one with all that is known of it."""

from datetime import datetime
from typing import Any, get_args

from duckdb import DuckDBPyConnection

from curation.errors import AmbiguousCandidateError, UnknownCandidateError
from curation.store import Store
from schemas.candidate import BackwardProblem, WordingKind
from schemas.check import Check, CheckName
from schemas.condition import Condition
from schemas.decision import DecidedBy, Decision, Verdict
from schemas.formula import Formula, FormulaKind, NumberOrigin
from schemas.model import Model
from schemas.problem import Problem
from schemas.relation import Relation
from schemas.step import Step


class CandidateRow(Model):
    """One row of the view `candidate_overview`, its columns in their order."""

    candidate_id: str
    problem_id: str
    source: str
    split: str
    original_question: str
    original_answer: str
    condition_start: int
    condition_end: int
    condition_text: str
    condition_value: str
    formula: FormulaKind
    equation: str | None
    wording: WordingKind
    backward_question: str
    backward_answer: str
    backward_solution: str
    decision: Verdict | None
    reasons: tuple[str, ...] | None
    decided_by: DecidedBy | None


class Selection(Model):
    """Which candidates: by decision, source, kind of formula, a check that failed, and how many at most.

    What is None does not narrow the selection.
    """

    decision: Verdict | None = None
    source: str | None = None
    formula: FormulaKind | None = None
    failed: CheckName | None = None
    limit: int | None = None


SELECTED = """
    FROM candidate_overview
    JOIN (SELECT candidate_id, solution, candidates.rowid AS place FROM candidates) AS written USING (candidate_id)
    WHERE ($decision IS NULL OR decision = $decision)
        AND ($source IS NULL OR source = $source)
        AND ($formula IS NULL OR formula = $formula)
        AND ($failed IS NULL OR candidate_id IN (
            SELECT candidate_id FROM check_overview WHERE check_name = $failed AND outcome = 'fail'
        ))
    ORDER BY place
    LIMIT $limit
"""
"""The selection in SQL, in the order in which the candidates were written; its parameters are a Selection's fields."""

_COLUMNS = tuple(CandidateRow.model_fields)


def list_candidates(store: Store, selection: Selection) -> list[CandidateRow]:
    """The selected candidates."""
    query = f"SELECT {', '.join(_COLUMNS)} {SELECTED}"
    with store.connect(read_only=True) as connection:
        rows = connection.execute(query, selection.model_dump()).fetchall()
    return [CandidateRow(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]


class DatedDecision(Model):
    """A decision and when it was made, in UTC."""

    decision: Decision
    decided_at: datetime


class Shown(Model):
    """All that is known of one candidate.

    `decisions` are all of them, oldest first, and `holds` is the one in force. `superseded` says that a later run
    derived the problem anew and did not make this candidate again.
    """

    candidate_id: str
    problem: Problem
    candidate: BackwardProblem
    formula: Formula | None
    holds: Decision | None
    decisions: tuple[DatedDecision, ...]
    superseded: bool


def show(store: Store, start_of_id: str) -> Shown:
    """The candidate whose id is, or alone begins with, `start_of_id`.

    Raises UnknownCandidateError or AmbiguousCandidateError.
    """
    with store.connect(read_only=True) as connection:
        candidate_id = _full_id(connection, start_of_id)
        row = _one(connection, "SELECT * FROM candidates WHERE candidate_id = ?", candidate_id)
        problem = _one(
            connection, "SELECT * EXCLUDE (problem_id, run_id) FROM problems WHERE problem_id = ?", row["problem_id"]
        )
        derivation = _one(
            connection,
            "SELECT formula, expression, numbers FROM derivations WHERE list_contains(candidate_ids, ?) "
            "ORDER BY rowid DESC LIMIT 1",
            candidate_id,
        )
        checks = _all(
            connection,
            "SELECT check_name AS name, outcome, reason, elapsed_ms FROM check_overview WHERE candidate_id = ?",
            candidate_id,
        )
        history = _all(connection, "SELECT * FROM decisions WHERE candidate_id = ? ORDER BY rowid", candidate_id)
        holds = _all(
            connection, "SELECT * EXCLUDE (decided_at) FROM latest_decisions WHERE candidate_id = ?", candidate_id
        )
        current = _all(connection, "SELECT 1 AS one FROM candidate_overview WHERE candidate_id = ?", candidate_id)
    by_name = {check["name"]: Check(**check) for check in checks}
    return Shown(
        candidate_id=candidate_id,
        problem=Problem(**problem),
        candidate=BackwardProblem(
            problem_id=row["problem_id"],
            condition=Condition(**row["condition"]),
            formula=row["formula"],
            wording=row["wording"],
            relation=Relation(**row["relation"]) if row["relation"] else None,
            question=row["question"],
            answer=row["answer"],
            solution=tuple(Step(**step) for step in row["solution"]),
            checks=tuple(by_name[name] for name in get_args(CheckName) if name in by_name),
        ),
        formula=None
        if derivation["expression"] is None
        else Formula(
            kind=derivation["formula"],
            expression=derivation["expression"],
            numbers=tuple(NumberOrigin(**number) for number in derivation["numbers"]),
        ),
        holds=Decision(**holds[0]) if holds else None,
        decisions=tuple(
            DatedDecision(decision=Decision(**decision), decided_at=decided_at)
            for decision, decided_at in ((row, row.pop("decided_at")) for row in history)
        ),
        superseded=not current,
    )


def _full_id(connection: DuckDBPyConnection, start: str) -> str:
    query = "SELECT candidate_id FROM candidates WHERE starts_with(candidate_id, ?) ORDER BY candidate_id LIMIT 4"
    found = [candidate_id for (candidate_id,) in connection.execute(query, [start]).fetchall()] if start else []
    if not found:
        raise UnknownCandidateError(
            f"no candidate's id begins with {start!r}; `backmath candidates list` shows the ids"
        )
    if len(found) > 1:
        some = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        raise AmbiguousCandidateError(f"several candidates' ids begin with {start!r}: {some}; give more of the id")
    return str(found[0])


def _all(connection: DuckDBPyConnection, query: str, key: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query, [key])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _one(connection: DuckDBPyConnection, query: str, key: str) -> dict[str, Any]:
    return _all(connection, query, key)[0]
