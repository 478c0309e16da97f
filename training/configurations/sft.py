"""Supervised fine-tuning: which tasks are learned, in which mix."""

from pydantic import Field

from training.configurations.configuration import Configuration


class SftConfiguration(Configuration):
    """`train sft`. The mix is of RevThink's three directions (Chen et al., arXiv 2411.19865)."""

    forward: float = Field(1.0, ge=0, le=1, description="Share of the forward rows that is learned from.")
    backward: float = Field(1.0, ge=0, le=1, description="Share of the backward rows that is learned from.")
    pose: float = Field(1.0, ge=0, le=1, description="Share of the rows that pose the backward question.")
    packing: bool = Field(False, description="Fill each sequence of max_length with several rows.")
