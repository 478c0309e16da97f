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
from training.process_reward.encoding import SEPARATOR, Encoder
from training.process_reward.prefixes import Tree, can_share, grow, inputs

CONFIG_NAME = "process_reward.json"
Kind = Literal["prm", "backprm"]

WRONG, RIGHT = 0, 1
"""The classes of the model's two outputs."""
_BATCH_TOKENS = 16_384
_BATCH_TOKENS_CPU = 512
"""Tokens of a batch, padding counted: enough to keep a GPU busy; on a CPU what stays in its caches."""
_TREE_TOKENS = 1024
"""Tokens of a tree of rows that begin alike."""


_Grown = tuple[Tree, list[int]]


class ScorerConfig(Model):
    """`process_reward.json` in the folder of a process reward model: which it is, and how its rows are written."""

    kind: Kind
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
    batch_tokens: int | None = None,
) -> list[list[float]]:
    """P(correct) of every step: for each solution, in order, a list as long as it has steps.

    A step that ends behind the `longest` tokens of a row gets NaN: it was not scored, and no comparison takes NaN for
    right. Rows are batched by length, `batch_tokens` at most and padded on the right, and what rows of a prompt begin
    with alike is computed once where the model allows it: the numbers are those of one by one, but for the last digits.
    Raises ValueError where there are not as many prompts as solutions.
    """
    rows = Encoder(tokenizer, separator).encode(prompts, solutions)
    scores = [[math.nan] * len(row.ends) for row in rows]
    chosen = [index for index, row in enumerate(rows) if row.ends]
    sharing = can_share(model)
    trees = list(grow([rows[index].ids[:longest] for index in chosen], _TREE_TOKENS if sharing else 0))
    training = model.training
    model.eval()
    most = batch_tokens or (_BATCH_TOKENS_CPU if model.device.type == "cpu" else _BATCH_TOKENS)
    for batch in _batches(trees, most):
        right = _right(model, tokenizer, [tree for tree, _ in batch], sharing)
        for (tree, members), at_tokens in zip(batch, right, strict=True):
            for path, member in zip(tree.paths, members, strict=True):
                index = chosen[member]
                ends = [path[end] for end in rows[index].ends if end < len(path)]
                scores[index][: len(ends)] = at_tokens[ends].tolist()
    model.train(training)
    return scores


def _batches(trees: Sequence[_Grown], tokens: int) -> Iterator[Sequence[_Grown]]:
    """The trees, the longest first, so that what does not fit into memory shows at once."""
    ordered = sorted(trees, key=lambda grown: -len(grown[0].ids))
    start = 0
    while start < len(ordered):
        most = max(1, tokens // len(ordered[start][0].ids))
        yield ordered[start : start + most]
        start += most


def _right(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, trees: Sequence[Tree], sharing: bool
) -> torch.Tensor:
    """P(correct) behind each token, (trees, tokens)."""
    if sharing and any(len(tree.paths) > 1 for tree in trees):
        given = inputs(trees, int(tokenizer.pad_token_id), model.device, model.dtype)
    else:
        ids, mask = padded([tree.ids for tree in trees], tokenizer)
        given = {"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device)}
    with torch.inference_mode():
        return model(**given).logits.float().softmax(-1)[..., RIGHT].cpu()


def padded(rows: Sequence[Sequence[int]], tokenizer: PreTrainedTokenizerBase) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows as tensors (rows, tokens): ids, padded on the right, and 1 where there are tokens."""
    ids = torch.full((len(rows), max(map(len, rows))), int(tokenizer.pad_token_id))
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return ids, mask
