"""PPO with step rewards."""

from typing import Literal

from pydantic import Field

from training.configurations.reward import RewardConfiguration


class PpoConfiguration(RewardConfiguration):
    """`train ppo`. `batch_size` prompts make one rollout, for each process; `max_steps` counts optimizer steps, each of
    one mini-batch, in `accumulate` pieces."""

    learning_rate: float = Field(1e-6, gt=0, description="Highest learning rate.")
    schedule: Literal["constant", "linear", "cosine"] = Field("constant", description="How the learning rate falls.")
    mini_batches: int = Field(2, ge=1, description="Optimizer steps that a rollout is cut into.")
    rollout_epochs: int = Field(2, ge=1, description="Times that a rollout is learned from.")
    kl_weight: float = Field(0.05, ge=0, description="Weight of the per-token KL to the reference model.")
    gamma: float = Field(1.0, gt=0, le=1, description="Discount of later rewards.")
    gae_lambda: float = Field(0.95, ge=0, le=1, description="Lambda of generalized advantage estimation.")
    clip: float = Field(0.2, gt=0, description="Range that the policy's ratio is clipped to.")
    clip_value: float = Field(0.2, gt=0, description="Range that a change of value is clipped to.")
    value_weight: float = Field(0.1, ge=0, description="Weight of the critic's loss.")
    entropy_weight: float = Field(0.0, ge=0, description="Weight of the entropy bonus.")
    whiten: bool = Field(True, description="Whiten advantages over the rollout of all processes.")
    critic: Literal["policy", "prm", "shared"] = Field(
        "policy",
        description="Begins with the policy's weights, or with the PRM's; or is a value head on the policy itself.",
    )
    critic_rate: float = Field(10.0, gt=0, description="Learning rate of the critic, in that of the policy.")
