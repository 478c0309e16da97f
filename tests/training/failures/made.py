"""Answers with facts, made by hand."""

from typing import Any

from schemas.evaluation import Answered, Facts, GradedOutcome


def answered(row_id: str, outcome: GradedOutcome = "equal", facts: Facts | None = None, **more: Any) -> Answered:
    """One greedy answer, changed as told."""
    fields: dict[str, Any] = {
        "set": "made",
        "row_id": row_id,
        "problem_id": row_id,
        "kind": "forward",
        "question": "Ann has 48 clips, and Bob half as many. How many have they?",
        "gold": "72",
        "reference": "48 / 2 = 24\n48 + 24 = 72",
        "facts": facts or Facts(),
        "sample": 0,
        "completion": "48 + 24 = 72\nThe answer is 72.",
        "finished": True,
        "tokens": 9,
        "seconds": 0.1,
        "answer": "72" if outcome == "equal" else "71",
        "outcome": outcome,
        "reason": "",
    }
    return Answered(**{**fields, **more})
