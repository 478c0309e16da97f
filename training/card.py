"""The model card of a run."""

from training.release import Release
from training.runs import Run


def write(run: Run, release: Release) -> None:
    """Write README.md beside the model."""
