"""Supervised fine-tuning with TRL: forward, backward and posing rows, in the mix that the configuration says."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from schemas.published import Split
from training.configurations.sft import SftConfiguration
from training.conversation import Encoder
from training.errors import ConfigMissingError, RowsError
from training.fitting import FiniteLoss, arguments, fit
from training.models import end_turns_with, load_policy, load_tokenizer, require_chat_template, save, weigh, with_lora
from training.release import Release
from training.runs import Run
from training.watch import Watch


class _Trainer(FiniteLoss, SFTTrainer):
    """TRL's trainer, which ends where the loss is no number, and tells how many tokens of a row are learned from."""

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **options: Any) -> Any:
        if self.model.training:
            labels = inputs["labels"]
            self._metrics["train"]["length"].append((labels != -100).sum().item() / len(labels))
        return super().compute_loss(model, inputs, *args, **options)


def train(start: str, release: Release, run: Run, watch: Watch) -> None:
    """Fine-tune the model at `start` on the release's `sft` rows, and write it into the run's folder.

    Only the assistant's turn counts, up to the token that ends it. The loss on the validation split is measured before
    the first step and behind the last. Raises RowsError where no row is left to learn from, ModelError where the model
    has no chat template, or one that does not tell turns apart.
    """
    configuration = run.configuration
    assert isinstance(configuration, SftConfiguration)
    tokenizer = load_tokenizer(start)
    require_chat_template(tokenizer, start)
    encoder = Encoder(tokenizer, start)
    rows = _encoded(_mixed(release.rows("sft", "train"), configuration), "train", encoder, run, configuration.max_rows)
    validation = _validation(release, encoder, run, configuration.eval_rows)
    model = with_lora(load_policy(start, configuration.precision), configuration, "CAUSAL_LM")
    end_turns_with(model, rows[0]["input_ids"][-1])
    weigh(model, run)
    trainer = _Trainer(
        model=model,
        args=SFTConfig(**arguments(configuration, run), **_lengths(configuration)),
        train_dataset=rows,
        eval_dataset=validation,
        processing_class=tokenizer,
    )
    fit(trainer, run, watch, evaluate=validation is not None)
    if run.is_main:
        save(trainer.accelerator.unwrap_model(trainer.model), tokenizer, run.model_folder, configuration.precision)


def _lengths(configuration: SftConfiguration) -> dict[str, Any]:
    """TRL cuts rows to a length it is given; rows are counted before, so that it is only told one to pack to.

    Packing by best fit keeps rows whole, and apart: their positions tell the model where each begins.
    """
    if configuration.packing:
        return {
            "packing": True,
            "packing_strategy": "bfd",
            "eval_packing": False,
            "max_length": configuration.max_length,
        }
    return {"max_length": None}


def _mixed(rows: Dataset, configuration: SftConfiguration) -> Dataset:
    """The configured share of each kind of row.

    Problems are put in an order that only the seed and their id make. A larger share, a newer release and another kind
    hold the same problems first.
    """
    shares = {"forward": configuration.forward, "backward": configuration.backward, "pose": configuration.pose}
    kinds, problems = rows["kind"][:], rows["problem_id"][:]
    order = sorted(range(len(rows)), key=lambda row: (_rank(configuration.seed, problems[row]), row))
    left = {kind: round(shares[kind] * count) for kind, count in Counter(kinds).items()}
    chosen = []
    for row in order:
        left[kinds[row]] -= 1
        if left[kinds[row]] >= 0:
            chosen.append(row)
    return rows.select(sorted(chosen))


def _rank(seed: int, problem: str) -> str:
    return sha256(f"{seed} {problem}".encode()).hexdigest()


def _validation(release: Release, encoder: Encoder, run: Run, most: int) -> Dataset | None:
    """The rows to measure the loss on; None where a small release has none, or none is left."""
    try:
        rows = release.rows("sft", "validation")
    except ConfigMissingError:
        return None
    kept = _encoded(rows, "validation", encoder, run, most)
    return kept if len(kept) else None


def _encoded(rows: Dataset, split: Split, encoder: Encoder, run: Run, most: int) -> Dataset:
    """Rows as `input_ids` and `labels`, which are -100 in the prompt; what is left out is counted in the run."""
    assert isinstance(run.configuration, SftConfiguration)
    longest = run.configuration.max_length
    rows = rows.select(range(min(most or len(rows), len(rows))))
    usable = rows.filter(lambda turns: encoder.usable(turns), input_columns="messages", keep_in_memory=True)
    encoded = usable.map(
        lambda turns: _labelled(encoder, turns),
        input_columns="messages",
        remove_columns=usable.column_names,
        keep_in_memory=True,
    )
    kept = encoded.filter(lambda ids: len(ids) <= longest, input_columns="input_ids", keep_in_memory=True)
    run.skipped(split, "no turn of an assistant that can be learned from", len(rows) - len(usable))
    run.skipped(split, f"longer than {longest} tokens", len(encoded) - len(kept))
    run.note(used={**run.record.used, split: len(kept)})
    if split == "train" and not len(kept):
        raise RowsError(
            f"of {len(rows)} rows of sft in train none is left to learn from: {len(rows) - len(usable)} without a turn "
            f"of an assistant, {len(usable)} longer than {longest} tokens; nothing was trained. Next: --max-length"
        )
    return kept


def _labelled(encoder: Encoder, turns: Sequence[dict[str, str]]) -> dict[str, list[int]]:
    told = encoder.encode(turns)
    return {"input_ids": told.prompt + told.said, "labels": [-100] * len(told.prompt) + told.said}
