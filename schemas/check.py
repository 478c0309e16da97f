"""Check: one named test of a candidate."""

from typing import Literal

from schemas.model import Model

Outcome = Literal["pass", "fail", "undecided"]

CheckName = Literal[
    "formula_holds",
    "agreement",
    "two_sided",
    "unique_root",
    "depends_on_condition",
    "provenance",
    "steps_hold",
    "no_leak",
    "states_result",
    "conditions_kept",
    "asks_for_unknown",
    "solver_votes",
    "judge",
    "backprm",
]


class Check(Model):
    """One named test of a candidate: outcome, reason, and how long it took in milliseconds."""

    name: CheckName
    outcome: Outcome
    reason: str
    elapsed_ms: float
