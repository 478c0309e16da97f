"""How things are called in Argilla: workspaces and datasets, by the stage of review."""

from schemas.review import ReviewStage

WORKSPACES: dict[ReviewStage, str] = {"review": "backmath-review", "adjudication": "backmath-adjudication"}
"""Whoever is a member of the workspace of a stage may answer there."""

DATASETS: dict[ReviewStage, str] = {"review": "backward-problems", "adjudication": "disagreements"}
