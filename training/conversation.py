"""Conversation: what comes before the assistant's turn, and what it says up to the end of its turn, as tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from training.errors import ModelError
from training.tokens import prompt_text

Turns = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Token ids; `said` ends with the token that the template ends a turn with, which is how a model learns to end."""

    prompt: list[int]
    said: list[int]


class Encoder:
    """Conversations as tokens, by the chat template of a tokenizer."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, path: str) -> None:
        self._tokenizer = tokenizer
        self._path = path
        self._special = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
        self._special |= set(tokenizer.all_special_tokens)

    def usable(self, turns: Turns) -> bool:
        """Whether the assistant says something at the end, and no turn holds what the tokenizer reads as a command."""
        return bool(
            turns
            and turns[-1]["role"] == "assistant"
            and turns[-1]["content"].strip()
            and not any(token in turn["content"] for turn in turns for token in self._special)
        )

    def encode(self, turns: Turns) -> Conversation:
        """The tokens of a usable conversation.

        The template writes it with and without its last turn; what the longer one has more is what the assistant says.
        Raises ModelError where the template writes the turns before otherwise once there is an answer, or changes it.
        """
        before = prompt_text(self._tokenizer, turns[:-1])
        whole = str(self._tokenizer.apply_chat_template(list(map(dict, turns)), tokenize=False))
        if not whole.startswith(before):
            raise ModelError(
                f"{self._path}: its chat template writes a question otherwise once an answer follows, so what the "
                "assistant says cannot be told apart; nothing was trained. Next: a chat_template.jinja without that"
            )
        said = self._up_to_the_end(whole[len(before) :], turns[-1]["content"].strip())
        ids = self._ids(before)
        together = self._ids(before + said)
        if together[: len(ids)] == ids:
            return Conversation(ids, together[len(ids) :])
        return Conversation(ids, self._ids(said))  # tokens merge over the border; a model that answers sees `ids`

    def _up_to_the_end(self, rest: str, content: str) -> str:
        """What the assistant says and the token that ends its turn: the end of text where the template has none."""
        place = rest.rfind(content)
        if place < 0:
            raise ModelError(
                f"{self._path}: its chat template does not write what the assistant says as it is; nothing was "
                "trained. Next: a chat_template.jinja that does"
            )
        end = place + len(content)
        ends = [found + len(token) for token in self._special if (found := rest.find(token, end)) >= 0]
        return rest[: min(ends)] if ends else rest[:end] + str(self._tokenizer.eos_token)

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
