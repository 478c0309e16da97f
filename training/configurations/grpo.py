"""GRPO with the rewards of PPO."""

from typing import Literal

from pydantic import Field

from training.configurations.reward import RewardConfiguration


class GrpoConfiguration(RewardConfiguration):
    """`train grpo`. A step of the optimizer is one rollout: `batch_size` completions for each process, a multiple of
    `group`, `accumulate` times over. It is learned from once, so that there is no ratio to clip."""

    learning_rate: float = Field(1e-6, gt=0, description="Highest learning rate.")
    schedule: Literal["constant", "linear", "cosine"] = Field("constant", description="How the learning rate falls.")
    group: int = Field(8, ge=2, description="Completions of one prompt that are compared.")
    advantages: Literal["sequence", "step"] = Field(
        "step", description="One advantage a completion, or one a token from the rewards of the steps ahead as well."
    )
    kl_weight: float = Field(0.02, ge=0, description="Weight of the KL to the reference model.")
