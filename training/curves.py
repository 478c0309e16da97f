"""The curves of a run."""

from training.runs import Run


def draw(run: Run) -> None:
    """Draw the metrics into plots/."""


def terminal(run: Run) -> str:
    """The metrics as lines."""
    return ""
