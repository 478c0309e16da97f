"""Configuration: what every way of training can be told. A field's description is the help of its flag."""

from typing import Literal

from pydantic import Field

from schemas.model import Model

Precision = Literal["auto", "float32", "bfloat16"]
Tracker = Literal["tensorboard", "trackio"]


class Configuration(Model):
    """The fields that all stages share. Sizes are for each process; steps are those of the optimizer."""

    max_length: int = Field(1024, ge=8, description="Most tokens of a row; longer ones are left out and counted.")
    max_rows: int = Field(0, ge=0, description="Most rows to train on, the first of the release; 0 takes all.")
    epochs: float = Field(1.0, gt=0, description="Times that each row is seen.")
    max_steps: int = Field(-1, ge=-1, description="Steps of the optimizer, whatever the epochs; -1 leaves it to them.")
    batch_size: int = Field(8, ge=1, description="Rows of a step, for each process.")
    accumulate: int = Field(1, ge=1, description="Batches whose gradients are added up before a step.")
    learning_rate: float = Field(2e-5, gt=0, description="Highest learning rate.")
    schedule: Literal["constant", "linear", "cosine"] = Field("cosine", description="How the learning rate falls.")
    warmup: float = Field(0.03, ge=0, le=1, description="Share of the steps in which the learning rate rises.")
    weight_decay: float = Field(0.0, ge=0, description="Weight decay of AdamW.")
    max_grad_norm: float = Field(1.0, gt=0, description="Norm that gradients are clipped to.")
    lora_rank: int = Field(0, ge=0, description="Rank of LoRA adapters on all linear layers; 0 trains all weights.")
    lora_alpha: int = Field(16, ge=1, description="Scale of LoRA adapters.")
    precision: Precision = Field("auto", description="bfloat16 where the device has it, or as said.")
    gradient_checkpointing: bool = Field(False, description="Less memory for activations, a third more time.")
    seed: int = Field(0, ge=0, description="Seed of all that is drawn.")
    log_every: int = Field(10, ge=1, description="Steps between two lines of metrics.jsonl.")
    eval_every: int = Field(0, ge=0, description="Steps between two looks at the validation split; 0: at the end only.")
    eval_rows: int = Field(500, ge=0, description="Most rows of the validation split to look at.")
    save_every: int = Field(200, ge=1, description="Steps between two checkpoints.")
    keep_checkpoints: int = Field(2, ge=1, description="Checkpoints that are kept, the newest.")
    trackers: tuple[Tracker, ...] = Field((), description="Where metrics go besides metrics.jsonl.")
