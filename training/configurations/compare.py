"""Comparing trainings: which arms, how often, and what they are asked."""

from pydantic import Field, field_validator

from schemas.ablation import ArmName
from schemas.model import Model


class CompareConfiguration(Model):
    """`train compare`. How an arm is trained is said by the recipe, and by the stages' tables of a file."""

    arms: tuple[ArmName, ...] = Field(
        ("base", "sft-forward", "sft-both", "ppo-prm", "ppo-both"),
        min_length=1,
        description="Rows of the table, in its order; each is compared with the one above.",
    )
    seeds: int = Field(3, ge=1, description="Trainings of each arm, with the seeds 0, 1, ...")
    on: tuple[str, ...] = Field(
        ("release:test",), min_length=1, description="Sets that are asked, as in `backmath evaluate`."
    )
    limit: int = Field(0, ge=0, description="Most problems of a set, drawn at random, the same for all; 0 asks all.")
    max_tokens: int = Field(512, ge=1, description="Most tokens of an answer.")
    batch_size: int = Field(16, ge=1, description="Questions that are asked together.")

    @field_validator("arms", "on")
    @classmethod
    def _each_once(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if twice := next((each for each in given if given.count(each) > 1), None):
            raise ValueError(f"{twice} is named twice")
        return given
