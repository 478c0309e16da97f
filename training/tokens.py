"""Tokens: conversations as a model reads them, and where in its own tokens a piece of text ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import PreTrainedTokenizerBase


def prompt_text(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, str]]) -> str:
    """The turns up to where the assistant begins, by the tokenizer's chat template."""
    return str(tokenizer.apply_chat_template(list(map(dict, messages)), tokenize=False, add_generation_prompt=True))


def prompt_ids(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Mapping[str, str]]) -> list[int]:
    """The tokens of `prompt_text`; the template writes the special tokens itself."""
    return list(tokenizer(prompt_text(tokenizer, messages), add_special_tokens=False)["input_ids"])


def token_ends(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], ends: Sequence[int]) -> list[int]:
    """For each character offset in the decoded text, ascending, the index of the token that holds the character before.

    A token may hold the end of one line and the begin of the next; then it is the last token of the first. Decoding is
    done for prefixes, log2(len(ids)) of them an offset, since characters may be made of several tokens.
    """
    found: list[int] = []
    low = 0
    for end in ends:
        high = len(ids)
        while low < high:
            middle = (low + high) // 2
            if len(decoded(tokenizer, ids[: middle + 1])) < end:
                low = middle + 1
            else:
                high = middle
        found.append(min(low, len(ids) - 1))
    return found


def decoded(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """The text of tokens, without special tokens."""
    options: dict[str, Any] = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
    return str(tokenizer.decode(list(ids), **options))
