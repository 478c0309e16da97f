"""Ablation: what a run of the stage `compare` trained, each arm on the same budget, and how the arms compare."""

from typing import Literal

from schemas.evaluation import Estimate, QuestionKind
from schemas.model import Model

ArmName = Literal["base", "sft-forward", "sft-both", "ppo-prm", "ppo-both", "grpo-both"]
"""As it is; fine-tuned on forward solutions; on forward and backward ones; and behind that, PPO with the PRM alone, PPO
with PRM and BackPRM, GRPO with both."""


class Trained(Model):
    """One training of an arm, and its evaluation: names of runs, None where nothing was trained.

    `steps` are those of the optimizer and `solutions` what they learned from, over all trainings of the arm behind the
    base; `tokens` are those of the solutions. `seconds_a_step` and `peak_memory`, in bytes, are of the last training:
    of the GPU's memory, or of the whole process on a CPU. `reward` is the first and the last one that was measured.
    """

    seed: int
    run: str | None
    evaluation: str
    steps: int = 0
    solutions: int = 0
    tokens: int = 0
    seconds_a_step: float | None = None
    peak_memory: int | None = None
    reward: tuple[float, float] | None = None


class ArmResult(Model):
    """How often an arm is right on one kind of question in a set.

    `accuracy` is the mean over seeds, its interval the bootstrap's over problems; `of_seeds` are those of each seed.
    `difference` is to `above`, the arm before this one, paired by question; `p_value` is the permutation test's over
    problems, `adjusted_p_value` Holm's over the table.
    """

    set: str
    kind: QuestionKind
    accuracy: Estimate
    of_seeds: tuple[float, ...]
    above: ArmName | None = None
    difference: Estimate | None = None
    p_value: float | None = None
    adjusted_p_value: float | None = None


class Arm(Model):
    """A row of the table."""

    name: ArmName
    trained: tuple[Trained, ...]
    results: tuple[ArmResult, ...]


class Ablation(Model):
    """`compare.json` of a run. `solutions` is the budget: how many every trained arm learns from, for each seed."""

    run: str
    model: str
    recipe: str | None
    release: str
    seeds: tuple[int, ...]
    solutions: int
    arms: tuple[Arm, ...]
