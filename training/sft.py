"""Supervised fine-tuning with TRL: forward, backward and posing rows, in the mix that the configuration says."""

from collections.abc import Iterator
from typing import Any

from datasets import Dataset, concatenate_datasets
from transformers import PreTrainedTokenizerBase
from trl import SFTConfig, SFTTrainer

from schemas.published import Split
from training.configurations.sft import SftConfiguration
from training.errors import RowsError
from training.fitting import FiniteLoss, arguments, fit
from training.models import load_policy, load_tokenizer, require_chat_template, with_lora
from training.release import Release
from training.runs import Run
from training.tokens import prompt_ids, prompt_text
from training.watch import Watch


class _Trainer(FiniteLoss, SFTTrainer):
    """TRL's trainer, which ends where the loss is no number."""


def train(start: str, release: Release, run: Run, watch: Watch) -> None:
    """Fine-tune the model at `start` on the release's `sft` rows, and write it into the run's folder.

    Raises RowsError where no row is left to learn from, ModelError where the model has no chat template.
    """
    configuration = run.configuration
    assert isinstance(configuration, SftConfiguration)
    tokenizer = load_tokenizer(start)
    require_chat_template(tokenizer, start)
    rows = _encoded(release, "train", tokenizer, configuration, run, configuration.max_rows)
    validation = _encoded(release, "validation", tokenizer, configuration, run, configuration.eval_rows)
    model = with_lora(load_policy(start, configuration.precision), configuration, "CAUSAL_LM")
    trainer = _Trainer(
        model=model,
        args=SFTConfig(
            **arguments(configuration, run),
            max_length=configuration.max_length,
            packing=configuration.packing,
            completion_only_loss=True,
        ),
        train_dataset=rows,
        eval_dataset=validation,
        processing_class=tokenizer,
    )
    fit(trainer, run, watch)
    ...


def _encoded(
    release: Release,
    split: Split,
    tokenizer: PreTrainedTokenizerBase,
    configuration: SftConfiguration,
    run: Run,
    most: int,
) -> Dataset:
    raise NotImplementedError
