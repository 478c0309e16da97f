"""Prefixes: rows that begin alike, put together as a tree of tokens, so that what they share is computed once.

A token of a tree sees those above it alone, and its depth is its position: just what it sees in a row of its own, so
that it gets the same numbers. The model has to take a mask of (tokens, tokens) as it is: `can_share` says which do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

_FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})
"""Types of models with plain attention and rotary positions; tests hold that their numbers are the same."""
_LEAST = 0.25
"""Of the tokens of a row, the share that a tree has to hold already for the row to join it."""


def can_share(model: PreTrainedModel) -> bool:
    """Whether a model gives a tree of rows the numbers of its rows."""
    config = model.config
    plain = getattr(config, "sliding_window", None) is None
    return plain and config.model_type in _FAMILIES and config._attn_implementation in ("sdpa", "eager")


@dataclass(slots=True)
class Tree:
    """Tokens, and for each row of the tree where in `ids` its tokens are."""

    ids: list[int] = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)

    def add(self, row: Sequence[int], shared: int) -> None:
        """Add a row, whose first `shared` tokens are those of the row that was added last."""
        begin = self.paths[-1][:shared] if shared else []
        self.paths.append([*begin, *range(len(self.ids), len(self.ids) + len(row) - shared)])
        self.ids += row[shared:]


def grow(rows: Sequence[list[int]], most: int) -> Iterator[tuple[Tree, list[int]]]:
    """Trees of the rows, each with the indices of its rows: those that begin alike for a quarter of their length.

    A tree has no more than `most` tokens, if it is not a single row: attention takes time by the square of them.
    """
    tree, members = Tree(), list[int]()
    for index in sorted(range(len(rows)), key=lambda place: rows[place]):
        row = rows[index]
        shared = _common(rows[members[-1]], row) if members else 0
        if members and (shared < _LEAST * len(row) or len(tree.ids) + len(row) - shared > most):
            yield tree, members
            tree, members, shared = Tree(), [], 0
        tree.add(row, shared)
        members.append(index)
    if members:
        yield tree, members


def inputs(trees: Sequence[Tree], pad: int, device: torch.device, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """What a model is given for trees: `input_ids` and `position_ids` (trees, tokens), padded on the right.

    `attention_mask` (trees, 1, tokens, tokens) is 0 where a token sees another, and the type's lowest number elsewhere.
    """
    width = max(len(tree.ids) for tree in trees)
    ids = torch.full((len(trees), width), pad)
    positions = torch.zeros_like(ids)
    seen = torch.eye(width, dtype=torch.bool).repeat(
        len(trees), 1, 1
    )  # padding sees itself: a softmax of nothing is NaN
    for place, tree in enumerate(trees):
        ids[place, : len(tree.ids)] = torch.tensor(tree.ids)
        for path in map(torch.tensor, tree.paths):
            positions[place, path] = torch.arange(len(path))
            seen[place, path[:, None], path] = torch.ones(len(path), len(path), dtype=torch.bool).tril()
    mask = torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)
    return {
        "input_ids": ids.to(device),
        "position_ids": positions.to(device),
        "attention_mask": mask[:, None].to(device),
    }


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two rows have in common at their begin."""
    pairs = zip(first, second, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
