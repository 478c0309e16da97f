"""A local model that answers: any of transformers' causal models, in batches of like length."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, set_seed

from training.configurations.evaluation import EvaluationConfiguration
from training.errors import OutOfMemoryError
from training.evaluation.sampling import Completion, Key, Said, Task
from training.models import load_policy, load_tokenizer, require_chat_template
from training.tokens import decoded, prompt_ids

_UNREAD = Completion("", False, 0, 0.0)
"""What is said to a question that the model's context is too short for."""


class LocalModel:
    """A model from a folder, a GGUF file or the hub. Raises ModelError where that fails, or it has no chat template."""

    def __init__(self, path: str, configuration: EvaluationConfiguration) -> None:
        self._path = path
        self._configuration = configuration
        self._tokenizer = load_tokenizer(path)
        require_chat_template(self._tokenizer, path)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = load_policy(path, configuration.precision).to(device).eval()
        self._ends = _ends(self.model, self._tokenizer)
        self._context = int(getattr(self.model.config.get_text_config(), "max_position_embeddings", None) or 1 << 30)

    async def answers(
        self, tasks: Sequence[Task], done: Collection[Key], stopping: Callable[[], bool]
    ) -> AsyncIterator[Said]:
        """Batch by batch. How the batches are made, and what is drawn in each, does not depend on what is done."""
        for number, batch in enumerate(self._batches(tasks)):
            left = [(task, ids) for task, ids in batch if task.key not in done]
            if not left:
                continue
            if stopping():
                return
            set_seed(self._configuration.seed + number)
            yield await asyncio.to_thread(self._said, left)

    def _batches(self, tasks: Sequence[Task]) -> list[list[tuple[Task, list[int]]]]:
        """The longest first, so that what does not fit into memory shows at once; greedy ones and samples apart."""
        ids = {task.key[:2]: prompt_ids(self._tokenizer, task.messages) for task in tasks if not task.sample}
        size = self._configuration.batch_size
        batches = []
        for sampled in (False, True):
            part = [(task, ids[task.key[:2]]) for task in tasks if bool(task.sample) == sampled]
            part.sort(key=lambda each: -len(each[1]))
            batches += [part[start : start + size] for start in range(0, len(part), size)]
        return batches

    def _said(self, batch: Sequence[tuple[Task, list[int]]]) -> Said:
        read = [(task, ids) for task, ids in batch if len(ids) < self._context]
        said = [(task, _UNREAD) for task, ids in batch if len(ids) >= self._context]
        if not read:
            return said
        try:
            return [*said, *self._generated(read)]
        except torch.OutOfMemoryError as error:
            if len(read) == 1:
                raise OutOfMemoryError(
                    f"an answer of {self._configuration.max_tokens} tokens does not fit into memory; what was answered "
                    "is kept. Next: a smaller --max-tokens, in a new run"
                ) from error
        middle = len(read) // 2
        return [*said, *self._said(read[:middle]), *self._said(read[middle:])]

    def _generated(self, batch: Sequence[tuple[Task, list[int]]]) -> Said:
        begun = time.monotonic()
        greedy = not batch[0][0].sample
        ids, mask = _padded([each for _, each in batch], self._tokenizer.pad_token_id, self.model.device)
        sure = _Confidence(ids.shape[1])
        with torch.inference_mode():
            made = self.model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=self._generation(greedy, ids.shape[1]),
                logits_processor=LogitsProcessorList([sure] if greedy else []),
            )
        said = made[:, ids.shape[1] :].tolist()
        sure.note(made)
        seconds = (time.monotonic() - begun) / len(batch)
        found = []
        for place, (task, _) in enumerate(batch):
            length = next((index for index, token in enumerate(said[place]) if token in self._ends), None)
            tokens = said[place][:length]
            confidence = sure.mean(place, len(tokens) + (length is not None)) if greedy else None
            text = decoded(self._tokenizer, tokens)
            found.append((task, Completion(text, length is not None, len(tokens), seconds, confidence)))
        return found

    def _generation(self, greedy: bool, prompt: int) -> GenerationConfig:
        """Ours alone: what a model ships with, such as a repetition penalty, would make greedy answers others."""
        drawn: dict[str, Any] = (
            {} if greedy else {"temperature": self._configuration.temperature, "top_k": 0, "top_p": 1.0}
        )
        return GenerationConfig(
            do_sample=not greedy,
            max_new_tokens=min(self._configuration.max_tokens, self._context - prompt),
            eos_token_id=sorted(self._ends),
            pad_token_id=self._tokenizer.pad_token_id,
            **drawn,
        )


class _Confidence(LogitsProcessor):
    """Looks on while tokens are chosen, and keeps the probability of each; the scores stay as they are."""

    def __init__(self, prompt: int) -> None:
        self._prompt = prompt
        self._last: torch.Tensor | None = None
        self._probabilities: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        self.note(input_ids)
        self._last = scores.float().softmax(-1)
        return scores

    def note(self, ids: torch.Tensor) -> None:
        """Keep the probability of the token that was chosen last."""
        if self._last is not None and ids.shape[1] > self._prompt + len(self._probabilities):
            chosen = ids[:, self._prompt + len(self._probabilities)]
            self._probabilities.append(self._last.gather(1, chosen[:, None]).squeeze(1))

    def mean(self, row: int, tokens: int) -> float | None:
        """The mean over the first tokens of a row; None where there are none."""
        if not tokens:
            return None
        return round(float(torch.stack(self._probabilities[:tokens])[:, row].mean()), 6)


def _ends(model: Any, tokenizer: Any) -> set[int]:
    """The tokens that end an answer: those that the model ships with, and the tokenizer's own."""
    shipped = model.generation_config.eos_token_id
    return {tokenizer.eos_token_id, *([shipped] if isinstance(shipped, int) else shipped or ())}


def _padded(rows: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows as tensors (rows, tokens), padded on the left, where a completion does not follow: ids, and 1 for tokens."""
    width = max(map(len, rows))
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask
