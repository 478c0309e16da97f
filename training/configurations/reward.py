"""The reward of reinforcement learning: of steps, of the outcome, and what guards it."""

from typing import Literal

from pydantic import Field

from training.configurations.configuration import Configuration


class RewardConfiguration(Configuration):
    """What PPO and GRPO share: sampling, rewards and guards. The guards are on by default: summed step rewards get
    hacked by empty and repeated steps."""

    max_new_tokens: int = Field(256, ge=1, description="Most tokens of a sampled solution.")
    temperature: float = Field(1.0, gt=0, description="Temperature of sampling.")
    kinds: tuple[Literal["forward", "backward", "pose"], ...] = Field(
        ("forward", "backward"), description="Kinds of rows to learn from."
    )
    step_weight: float = Field(1.0, ge=0, description="Weight of the step rewards, 2 P(correct) - 1 each.")
    outcome_weight: float = Field(
        1.0, ge=0, description="Reward of an answer that is proved equal; undecided gets none."
    )
    first_error: bool = Field(False, description="Reward steps only until the first wrong one (arXiv 2601.18984).")
    divide_by_steps: bool = Field(
        True, description="Divide step rewards by the number of steps (2 at least), so that more steps are no gain."
    )
    bad_step: float = Field(
        -1.0, le=0, description="Reward of an empty, repeated or copied step; 0 lets the PRM say, with no guard."
    )
    unfinished: float = Field(-1.0, le=0, description="Reward of a solution that does not end, or has no answer.")
    most_steps: int = Field(24, ge=1, description="Steps behind this many are bad steps.")
