"""The process reward models, PRM and BackPRM: which labels they learn from."""

from typing import Literal

from pydantic import Field

from schemas.published import LabelSource
from training.configurations.configuration import Configuration


class ProcessRewardConfiguration(Configuration):
    """`train prm` and `train backprm`."""

    labels: Literal["hard", "soft"] = Field("hard", description="0 and 1, or the scores of roll-outs where there are.")
    balance: bool = Field(True, description="Weigh wrong and right steps so that both count the same in all.")
    label_sources: tuple[LabelSource, ...] = Field(
        ("sympy", "corruption", "rollout", "human"), description="Sources of labels to learn from."
    )
