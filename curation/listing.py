"""Candidates as they are asked for: lists by what was decided and why, and one with all that is known of it."""

from datetime import datetime
from typing import get_args

from duckdb import DuckDBPyConnection

from curation.errors import AmbiguousCandidateError, UnknownCandidateError
from curation.rows import rows
from curation.samples import read
from curation.store import Store
from schemas.call import CallOutcome, Purpose
from schemas.candidate import BackwardProblem, WordingKind
from schemas.check import CheckName
from schemas.decision import DecidedBy, Decision, Verdict
from schemas.formula import Formula, FormulaKind
from schemas.model import Model
from schemas.problem import Problem
from schemas.review import Review
from schemas.sample import Sample


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


def list_candidates(store: Store, selection: Selection) -> list[CandidateRow]:
    """The selected candidates."""
    query = f"SELECT {', '.join(CandidateRow.model_fields)} {SELECTED}"
    with store.connect(read_only=True) as connection:
        found = rows(connection, query, selection.model_dump())
    return [CandidateRow.model_validate(row) for row in found]


class DatedDecision(Decision):
    """A decision and when it was made, in UTC."""

    decided_at: datetime


class CallMade(Model):
    """One call of a model that something known of a candidate came from; `usd` is None where its price is not known."""

    call_id: str
    purpose: Purpose
    model: str
    outcome: CallOutcome
    usd: float | None
    called_at: datetime


class Shown(Model):
    """All that is known of one candidate.

    `formula` is that of the problem; `samples` are what models wrote for the candidate and for its problem, `calls` the
    calls that these came from; `reviews` are all events of what people answered, and `decisions` all of them, oldest
    first; `holds` is the one in force. `corrects` is the candidate that a reviewer's correction made this one of, and
    `corrected_by` those that were made of this one. `superseded` says that a later run derived the problem anew and did
    not make this candidate again.
    """

    candidate_id: str
    problem: Problem
    candidate: BackwardProblem
    formula: Formula | None
    samples: tuple[Sample, ...]
    calls: tuple[CallMade, ...]
    reviews: tuple[Review, ...]
    corrects: str | None
    corrected_by: tuple[str, ...]
    holds: DatedDecision | None
    decisions: tuple[DatedDecision, ...]
    superseded: bool


def show(store: Store, start_of_id: str) -> Shown:
    """The candidate whose id is, or alone begins with, `start_of_id`.

    Raises UnknownCandidateError or AmbiguousCandidateError.
    """
    with store.connect(read_only=True) as connection:
        key = [_full_id(connection, start_of_id)]
        candidate = rows(connection, "SELECT * EXCLUDE (run_id) FROM candidates WHERE candidate_id = ?", key)[0]
        checks = rows(connection, _CHECKS, key)
        problem = rows(connection, _PROBLEM, [candidate["problem_id"]])[0]
        derivation = rows(connection, _DERIVATION, key)[0]
        samples = read(connection, candidate["problem_id"], candidate["candidate_id"])
        holds = rows(connection, "SELECT * FROM latest_decisions WHERE candidate_id = ?", key)
        decisions = rows(connection, "SELECT * FROM decisions WHERE candidate_id = ? ORDER BY rowid", key)
        calls = rows(connection, _CALLS, [[sample.key for sample in samples]])
        reviews = rows(connection, _REVIEWS, key)
        corrects = rows(connection, "SELECT corrects FROM corrections WHERE candidate_id = ? ORDER BY rowid", key)
        corrected_by = rows(connection, "SELECT candidate_id FROM corrections WHERE corrects = ? ORDER BY rowid", key)
        superseded = not rows(connection, "SELECT candidate_id FROM candidate_overview WHERE candidate_id = ?", key)
    outcomes = {check["name"]: check for check in checks}
    return Shown(
        candidate_id=candidate.pop("candidate_id"),
        problem=Problem.model_validate(problem),
        candidate=BackwardProblem.model_validate(
            candidate | {"checks": [outcomes[name] for name in get_args(CheckName) if name in outcomes]}
        ),
        formula=Formula.model_validate(derivation) if derivation["expression"] is not None else None,
        samples=samples,
        calls=tuple(CallMade.model_validate(call) for call in calls),
        reviews=tuple(Review.model_validate(review) for review in reviews),
        corrects=corrects[-1]["corrects"] if corrects else None,
        corrected_by=tuple(row["candidate_id"] for row in corrected_by),
        holds=DatedDecision.model_validate(holds[0]) if holds else None,
        decisions=tuple(DatedDecision.model_validate(decision) for decision in decisions),
        superseded=superseded,
    )


_CHECKS = "SELECT check_name AS name, outcome, reason, elapsed_ms FROM check_overview WHERE candidate_id = ?"

_CALLS = f"SELECT {', '.join(CallMade.model_fields)} FROM llm_calls WHERE list_contains(?, key) ORDER BY called_at"

_REVIEWS = f"SELECT {', '.join(Review.model_fields)} FROM reviews WHERE candidate_id = ? ORDER BY rowid"

_PROBLEM = "SELECT * EXCLUDE (problem_id, run_id) FROM problems WHERE problem_id = ?"

# A correction has the formula of what it corrects, which may be a correction itself.
_DERIVATION = """
    WITH RECURSIVE origins(candidate_id) AS (
        SELECT ? UNION SELECT corrects FROM corrections JOIN origins USING (candidate_id)
    )
    SELECT formula AS kind, expression, numbers FROM derivations
    WHERE list_has_any(candidate_ids, (SELECT list(candidate_id) FROM origins)) ORDER BY rowid DESC LIMIT 1
"""


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
