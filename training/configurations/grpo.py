"""GRPO with the rewards of PPO."""

from typing import Literal

from pydantic import Field

from training.configurations.reward import RewardConfiguration


class GrpoConfiguration(RewardConfiguration):
    """`train grpo`. `batch_size` completions make one step, for each process: a multiple of `group`."""

    learning_rate: float = Field(1e-6, gt=0, description="Highest learning rate.")
    schedule: Literal["constant", "linear", "cosine"] = Field("constant", description="How the learning rate falls.")
    group: int = Field(8, ge=2, description="Completions of one prompt that are compared.")
    advantages: Literal["sequence", "step"] = Field(
        "step", description="One advantage a completion, or one a token from the rewards of the steps ahead."
    )
    kl_weight: float = Field(0.02, ge=0, description="Weight of the KL to the reference model.")
    clip: float = Field(0.2, gt=0, description="Range that the policy's ratio is clipped to.")
