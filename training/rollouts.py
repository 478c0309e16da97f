"""Rollouts: what is asked in reinforcement learning, and a few of the completions for a person to read."""

import json
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from schemas.published import Split
from training.configurations.reward import RewardConfiguration
from training.errors import ConfigMissingError, RowsError
from training.release import Release
from training.rewards import Reward, Task, tasks
from training.runs import Run
from training.tokens import prompt_ids

SAMPLES_NAME = "samples.jsonl"
_SAMPLES = 2
"""Completions of each rollout that are written down."""


def fitting(
    release: Release, split: Split, tokenizer: PreTrainedTokenizerBase, run: Run, longest: int, most: int
) -> list[Task]:
    """The tasks of a split that leave room for a completion in `longest` tokens; the others are counted in the run.

    Raises RowsError where none of `train` does; there may be none in the other splits.
    """
    told = run.configuration
    assert isinstance(told, RewardConfiguration)
    try:
        found = tasks(release, split, told.kinds, most)
    except ConfigMissingError:
        if split == "train":
            raise
        found = []
    room = longest - told.max_new_tokens
    kept = [task for task in found if len(prompt_ids(tokenizer, task.messages)) <= room]
    run.skipped(split, f"question and solution longer than {longest} tokens", len(found) - len(kept))
    run.note(used={**run.record.used, split: len(kept)})
    if split == "train" and not kept:
        raise RowsError(
            f"none of {len(found)} questions leaves room for {told.max_new_tokens} tokens in {longest}; nothing was "
            "trained. Next: a larger --max-length, or a smaller --max-new-tokens"
        )
    return kept


def show(run: Run, step: int, asked: Sequence[Task], texts: Sequence[str], rewards: Sequence[Reward]) -> None:
    """Add the first completions of a rollout, with what they are worth, to the run's samples.jsonl."""
    if not run.is_main:
        return
    with (run.folder / SAMPLES_NAME).open("a", encoding="utf-8") as file:
        for task, text, reward in list(zip(asked, texts, rewards, strict=True))[:_SAMPLES]:
            sample = {
                "step": step,
                "kind": task.kind,
                "question": task.question,
                "answer": task.answer,
                "completion": text,
                "steps": reward.steps,
                "outcome": reward.outcome,
                "right": reward.right,
                "finished": reward.finished,
            }
            file.write(json.dumps(sample) + "\n")
