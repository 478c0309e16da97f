"""Encoding: a prompt and the steps behind it as tokens, the same for training and for scoring."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from training.errors import ModelError
from training.tokens import prompt_text

SEPARATOR = "\n"
"""What ends a step."""
_QUESTION = "\ue000"
"""Stands in the chat template where the question goes: a private character, which no template writes."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The tokens of a row, and for each step the index of its last one, where its label and its score sit."""

    ids: list[int]
    ends: list[int]


class Encoder:
    """Writes rows as tokens: the prompt as the user's turn where the model has a chat template, else as it is.

    Each step is followed by the separator, whose tokens never join those of the text, so that an empty step has an end
    as well. What looks like a special token in a prompt or a step is text. Nothing is cut.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, separator: str = SEPARATOR) -> None:
        """Raises ModelError where the tokenizer cannot write the separator, or its template leaves out the question."""
        self._tokenizer = tokenizer
        self._separator = self._texts([separator])[separator]
        if not self._separator:
            raise ModelError(
                f"{tokenizer.name_or_path}: its tokenizer has no token for {separator!r}, which ends steps"
            )
        self._before, self._behind = self._turn() if tokenizer.chat_template else (self._begin(), self._separator)

    def encode(self, prompts: Sequence[str], solutions: Sequence[Sequence[str]]) -> list[Encoded]:
        """The rows in order, each a prompt and the steps of its solution. Raises ValueError where the counts differ."""
        texts = self._texts({*prompts, *(step for steps in solutions for step in steps)})
        rows = []
        for prompt, steps in zip(prompts, solutions, strict=True):
            ids = [*self._before, *texts[prompt], *self._behind]
            ends = []
            for step in steps:
                ids += texts[step]
                ids += self._separator
                ends.append(len(ids) - 1)
            rows.append(Encoded(ids, ends))
        return rows

    def _texts(self, texts: Iterable[str]) -> dict[str, list[int]]:
        """The tokens of each text, special ones neither added nor read from it."""
        distinct = list(texts)
        if not distinct:
            return {}
        whole = [text.encode("utf-8", "replace").decode() for text in distinct]  # half a surrogate pair is no text
        found = self._tokenizer(whole, add_special_tokens=False, split_special_tokens=True, verbose=False)
        return dict(zip(distinct, found["input_ids"], strict=True))

    def _turn(self) -> tuple[list[int], list[int]]:
        """The template's tokens before the question and behind it."""
        before, question, behind = prompt_text(self._tokenizer, [{"role": "user", "content": _QUESTION}]).partition(
            _QUESTION
        )
        if not question:
            raise ModelError(f"{self._tokenizer.name_or_path}: its chat template leaves out what the user says")
        return self._template(before), self._template(behind)

    def _template(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"]) if text else []

    def _begin(self) -> list[int]:
        """The token that the tokenizer puts before a text, where it does."""
        begin = self._tokenizer.bos_token_id
        return [begin] if begin is not None and begin in self._tokenizer("")["input_ids"] else []
