"""TrainingRun: what a folder of `runs/` holds, whether it trained a model or measured one."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from schemas.model import Model

Stage = Literal["sft", "prm", "backprm", "ppo", "grpo", "evaluate", "compare"]
RunState = Literal["running", "done", "interrupted", "failed"]


class SkippedRows(Model):
    """How many rows of a split were not used, for one reason."""

    split: str
    reason: str
    rows: int


class TrainingRun(Model):
    """`run.json` of a run. Times are UTC, `seconds` those of the training alone.

    `base` is the model that it began with, `recipe` the one that was named. `release` and `manifest_sha256` name the
    data; `used` are the rows of each split that were used, and `skipped` the others. `rewards` are the models that gave
    the reward: `{"prm": PATH}`. `seconds_a_step` is the mean over the steps of the optimizer since it was last begun or
    resumed, with all that is sampled and scored for them; `peak_memory`, in bytes, is that of the GPU, or of the whole
    process where there is none. `within` is the comparison that the run is part of. `failure` is the line that
    it failed with.
    """

    name: str
    stage: Stage
    state: RunState
    base: str
    recipe: str | None
    release: str | None
    manifest_sha256: str | None
    code_version: str
    packages: dict[str, str]
    device: str
    processes: int
    started_at: datetime
    ended_at: datetime | None = None
    seconds: float = 0.0
    parameters: int = 0
    trained_parameters: int = 0
    seconds_a_step: float | None = None
    peak_memory: int | None = None
    used: dict[str, int] = Field(default_factory=dict)
    skipped: tuple[SkippedRows, ...] = ()
    rewards: dict[str, str] = Field(default_factory=dict)
    within: str | None = None
    failure: str | None = None
