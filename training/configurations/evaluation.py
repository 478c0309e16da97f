"""Evaluation: what is asked, of what, and how. All that answers depend on, so that a run can be gone on with."""

from pydantic import Field

from schemas.model import Model
from training.configurations.configuration import Precision


class EvaluationConfiguration(Model):
    """`evaluate`. Empty texts stand for what is not used."""

    on: tuple[str, ...] = Field(description="Sets: NAME, NAME=FILE, or release:SPLIT.")
    release: str = Field("", description="Version of the release that `release:` sets are taken from.")
    limit: int = Field(0, ge=0, description="Most questions of a set, drawn at random by the seed; 0 asks all.")
    samples: int = Field(0, ge=0, le=256, description="Samples of each question beside the greedy answer.")
    temperature: float = Field(0.7, gt=0, description="Temperature of the samples.")
    max_tokens: int = Field(512, ge=1, description="Most tokens of an answer; a longer one is cut off, and counted.")
    batch_size: int = Field(16, ge=1, description="Questions that a local model answers together.")
    precision: Precision = Field(default="auto", description="bfloat16 where the device has it, or as said.")
    base_url: str = Field("", description="OpenAI-compatible server that has the model.")
    prm: str = Field("", description="PRM that chooses among samples of forward questions, and finds first errors.")
    backprm: str = Field("", description="BackPRM that chooses among samples of backward questions.")
    seed: int = Field(0, ge=0, description="Seed of all that is drawn.")
