"""Decision: what was decided about a candidate, why, and by whom."""

from typing import Literal

from schemas.model import Model

Verdict = Literal["accept", "review", "reject"]
DecidedBy = Literal["policy", "reviewer", "adjudicator"]


class Decision(Model):
    """`accept`, `review` or `reject`, with its reasons, the policy's version, and who decided."""

    candidate_id: str
    verdict: Verdict
    reasons: tuple[str, ...]
    policy: str
    decided_by: DecidedBy
