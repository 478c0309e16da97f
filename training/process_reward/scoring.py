"""Scoring: P(correct) of every step of many solutions, in batches of like length, with the numbers of one by one."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import torch
from accelerate import PartialState
from pydantic import Field, ValidationError
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from schemas.model import Model
from training.configurations.configuration import Precision
from training.errors import ModelError
from training.models import load_classifier, load_tokenizer
from training.process_reward.encoding import SEPARATOR, Encoded, Encoder

CONFIG_NAME = "process_reward.json"
WRONG, RIGHT = 0, 1
"""The classes of the model's two outputs."""
_BATCH_TOKENS = 4096
"""Tokens of a batch, padding counted: enough to keep a processor busy, and little memory."""


class ScorerConfig(Model):
    """`process_reward.json` in the folder of a process reward model: which it is, and how its rows are written."""

    kind: Literal["prm", "backprm"]
    separator: str = Field(SEPARATOR, min_length=1)
    max_length: int = Field(ge=1)
    """Tokens of the longest row that it was trained on."""

    def write(self, folder: Path) -> None:
        """Put it into the model's folder."""
        (folder / CONFIG_NAME).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "ScorerConfig":
        """That of a model's folder; raises ModelError where there is none, or it cannot be read."""
        file = folder / CONFIG_NAME
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            raise ModelError(
                f"{folder} is no process reward model: it has no {CONFIG_NAME}. Next: backmath train prm"
            ) from None
        except (OSError, ValidationError) as error:
            raise ModelError(f"{file} cannot be read ({type(error).__name__})") from error


class Scorer:
    """A process reward model that is loaded, and gives the scores of steps."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: ScorerConfig) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.config = config

    @classmethod
    def load(cls, path: str, precision: Precision = "auto") -> "Scorer":
        """The model of a folder that `train prm` or `train backprm` wrote, on this process's device.

        Raises ModelError where it cannot be loaded.
        """
        config = ScorerConfig.read(Path(path))
        model = load_classifier(path, 2, precision)
        return cls(model.to(PartialState().device).eval(), load_tokenizer(path), config)

    def score(self, prompts: Sequence[str], solutions: Sequence[Sequence[str]]) -> list[list[float]]:
        """P(correct) of every step of each solution, as `score_steps` gives them.

        For a PRM a prompt is the question and a solution its steps; for a BackPRM the prompt is the forward problem's
        question, and the solution the backward question followed by its steps.
        """
        longest = longest_row(self.model, self.config.max_length)
        return score_steps(self.model, self.tokenizer, prompts, solutions, self.config.separator, longest)


def longest_row(model: PreTrainedModel, trained: int) -> int:
    """The tokens that the model can read, where its configuration says so, else those that it was trained on."""
    return int(getattr(model.config.get_text_config(), "max_position_embeddings", None) or trained)


def score_steps(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    solutions: Sequence[Sequence[str]],
    separator: str = SEPARATOR,
    longest: int | None = None,
    batch_tokens: int = _BATCH_TOKENS,
) -> list[list[float]]:
    """P(correct) of every step: for each solution, in order, a list as long as it has steps.

    A step that ends behind the `longest` tokens of a row gets NaN: it was not scored, and no comparison takes NaN for
    right. Rows are sorted by length and padded on the right, so that a batch of `batch_tokens` gives the numbers of one
    by one. Raises ValueError where there are not as many prompts as solutions.
    """
    rows = Encoder(tokenizer, separator).encode(prompts, solutions)
    scores = [[math.nan] * len(row.ends) for row in rows]
    training = model.training
    model.eval()
    for batch in _batches(rows, longest, batch_tokens):
        ids, mask = _padded([rows[index].ids[:longest] for index in batch], tokenizer, model.device)
        with torch.inference_mode():
            right = model(input_ids=ids, attention_mask=mask).logits.float().softmax(-1)[..., RIGHT].cpu()
        for place, index in enumerate(batch):
            ends = [end for end in rows[index].ends if longest is None or end < longest]
            scores[index][: len(ends)] = right[place, ends].tolist()
    model.train(training)
    return scores


def _batches(rows: Sequence[Encoded], longest: int | None, tokens: int) -> Iterator[list[int]]:
    """The indices of the rows with steps, the longest first, so that what does not fit shows at once."""
    order = sorted((index for index, row in enumerate(rows) if row.ends), key=lambda index: -len(rows[index].ids))
    while order:
        most = max(1, tokens // len(rows[order[0]].ids[:longest]))
        yield order[:most]
        order = order[most:]


def _padded(
    rows: Sequence[Sequence[int]], tokenizer: PreTrainedTokenizerBase, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows as tensors (rows, tokens): ids, padded on the right, and 1 where there are tokens."""
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), int(tokenizer.pad_token_id))
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return ids.to(device), mask.to(device)
