"""Training of a process reward model, PRM or BackPRM: token classification at the ends of steps.

The model is a causal model's body with a new head of two outputs, wrong and right, read at the last token of each step.
The loss of a step with label y between 0 and 1 is the cross-entropy -(y log P(right) + (1 - y) log P(wrong)): hard
labels are classes, soft ones (Math-Shepherd, arXiv 2312.08935) are learned as a mean, and steps without a label have no
loss. With class balance, y and 1 - y are weighted so that right and wrong weigh the same over all train rows.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerBase, Trainer, TrainingArguments

from schemas.published import Split
from training.configurations.process_reward import ProcessRewardConfiguration
from training.errors import ConfigMissingError, RowsError
from training.fitting import FiniteLoss, arguments, fit
from training.models import load_classifier, load_tokenizer, save, weigh, with_lora
from training.process_reward.encoding import SEPARATOR, Encoded, Encoder
from training.process_reward.metrics import Label, measure
from training.process_reward.scoring import RIGHT, WRONG, Kind, ScorerConfig, padded
from training.release import Release
from training.runs import Run
from training.watch import Watch

_NO_LABEL = -100.0


@dataclass(frozen=True, slots=True)
class _Row:
    """The tokens of a solution, and a label between 0 and 1 for each step; None where it is not known."""

    encoded: Encoded
    labels: list[Label]


class _Trainer(FiniteLoss, Trainer):
    """transformers' trainer, which ends where the loss is no number."""


def train(start: str, release: Release, run: Run, watch: Watch) -> None:
    """Train the model at `start` on the release's `prm` or `backprm` rows, as the run's stage says.

    The metrics of the validation split are measured before the first step and behind the last. The run's folder gets a
    model that `AutoModelForTokenClassification` loads, with what the scorer has to know beside it. Raises RowsError
    where labels do not match the steps or no row is left to learn from, ModelError where the model cannot be used.
    """
    configuration = run.configuration
    assert isinstance(configuration, ProcessRewardConfiguration)
    kind = cast(Kind, run.record.stage)
    tokenizer = load_tokenizer(start)
    encoder = Encoder(tokenizer)
    rows = _rows(release, kind, "train", encoder, run, configuration.max_rows)
    if not rows:
        raise RowsError(f"no row of {kind} in train is left to learn from; nothing was trained. Next: --max-length")
    validation = _validation(release, kind, encoder, run)
    torch.manual_seed(configuration.seed)  # the new head is drawn
    model = load_classifier(start, 2, configuration.precision)
    model.config.id2label, model.config.label2id = {WRONG: "wrong", RIGHT: "right"}, {"wrong": WRONG, "right": RIGHT}
    model = with_lora(model, configuration, "TOKEN_CLS")
    weigh(model, run)
    trainer = _Trainer(
        model=model,
        args=TrainingArguments(**arguments(configuration, run)),
        train_dataset=cast(Any, rows),
        eval_dataset=cast(Any, validation or None),
        data_collator=lambda batch: _batch(batch, tokenizer),
        compute_loss_func=_loss(*(_balance(rows) if configuration.balance else (1.0, 1.0))),
        compute_metrics=lambda told: _metrics(told.predictions, validation, kind),
        preprocess_logits_for_metrics=lambda logits, _: logits.float().softmax(-1)[..., RIGHT],
    )
    fit(trainer, run, watch, evaluate=bool(validation))
    if run.is_main:
        save(trainer.accelerator.unwrap_model(trainer.model), tokenizer, run.model_folder, configuration.precision)
        ScorerConfig(kind=kind, separator=SEPARATOR, max_length=configuration.max_length).write(run.model_folder)


def _validation(release: Release, kind: Kind, encoder: Encoder, run: Run) -> list[_Row]:
    """The rows to look at; none where the release has none: a small one can do without."""
    assert isinstance(run.configuration, ProcessRewardConfiguration)
    try:
        return _rows(release, kind, "validation", encoder, run, run.configuration.eval_rows)
    except ConfigMissingError:
        run.note(used={**run.record.used, "validation": 0})
        return []


def _rows(release: Release, kind: Kind, split: Split, encoder: Encoder, run: Run, most: int) -> list[_Row]:
    """The rows of a split, the first `most` of the label sources asked for; what is left out is counted in the run."""
    configuration = run.configuration
    assert isinstance(configuration, ProcessRewardConfiguration)
    table = release.rows(kind, split)
    sources = table["label_source"][:]
    chosen = [index for index, source in enumerate(sources) if source in configuration.label_sources]
    table = table.select(chosen[: most or None])
    labels = [_labels(row, configuration.labels == "soft") for row in table.remove_columns("prompt")]
    encoded = encoder.encode(table["prompt"][:], table["completions"][:])
    known = [index for index, each in enumerate(labels) if any(label is not None for label in each)]
    kept = [index for index in known if len(encoded[index].ids) <= configuration.max_length]
    run.skipped(split, "of a source of labels that is not learned from", len(sources) - len(chosen))
    run.skipped(split, "no step with a label", len(table) - len(known))
    run.skipped(split, f"longer than {configuration.max_length} tokens", len(known) - len(kept))
    run.note(used={**run.record.used, split: len(kept)})
    return [_Row(encoded[index], labels[index]) for index in kept]


def _labels(row: dict[str, Any], soft: bool) -> list[Label]:
    """The label of each step, for soft ones its score where it has one. Raises RowsError where they do not match."""
    steps, labels, scores = (row[name] or [] for name in ("completions", "labels", "scores"))
    if len(labels) != len(steps) or (scores and len(scores) != len(steps)):
        given = f"{len(labels)} labels" if len(labels) != len(steps) else f"{len(scores)} scores"
        raise RowsError(
            f"a row of problem {row['problem_id']} has {len(steps)} steps and {given}; nothing was trained. "
            "Next: backmath release create"
        )
    told: list[Label] = list(labels)
    if soft and scores:
        told = [label if score is None else score for label, score in zip(labels, scores, strict=True)]
    if not all(label is None or 0 <= label <= 1 for label in told):
        raise RowsError(f"a row of problem {row['problem_id']} has a label outside 0 to 1; nothing was trained")
    return told


def _batch(rows: Sequence[_Row], tokenizer: PreTrainedTokenizerBase) -> dict[str, torch.Tensor]:
    """`input_ids`, `attention_mask` and `labels`, each (rows, tokens); a label sits at the end of its step."""
    ids, mask = padded([row.encoded.ids for row in rows], tokenizer)
    labels = torch.full(ids.shape, _NO_LABEL)
    for place, row in enumerate(rows):
        told = [_NO_LABEL if label is None else float(label) for label in row.labels]
        labels[place, row.encoded.ends] = torch.tensor(told)
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def _balance(rows: Sequence[_Row]) -> tuple[float, float]:
    """The weights of wrong and of right under which both weigh half of all; equal where there are only such or such."""
    labels = [label for row in rows for label in row.labels if label is not None]
    right, total = math.fsum(labels), len(labels)
    if not 0 < right < total:
        return 1.0, 1.0
    return total / (2 * (total - right)), total / (2 * right)


def _loss(wrong: float, right: float) -> Callable[..., torch.Tensor]:
    """The loss: the mean over the labelled steps of all batches of an optimizer step, each by the weight of its label.

    `num_items_in_batch` counts those steps, over all processes.
    """

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | int | None = None) -> torch.Tensor:
        at_ends = labels != _NO_LABEL
        wanted = labels[at_ends]
        targets = torch.stack((wrong * (1 - wanted), right * wanted), dim=-1)
        total = cross_entropy(outputs.logits[at_ends].float(), targets, reduction="sum")
        return total / (at_ends.sum() if num_items_in_batch is None else num_items_in_batch)

    return loss


def _metrics(predictions: Any, rows: Sequence[_Row], kind: Kind) -> dict[str, float]:
    """The metrics of P(right) (rows, tokens); of a BackPRM those of step 0, the backward question, alone as well."""
    scores = [given[row.encoded.ends].tolist() for given, row in zip(predictions, rows, strict=True)]
    labels = [row.labels for row in rows]
    found = measure(scores, labels)
    if kind == "backprm":
        of_question = measure([each[:1] for each in scores], [each[:1] for each in labels])
        found |= {f"question_{name}": value for name, value in of_question.items() if "first_error" not in name}
    return found
