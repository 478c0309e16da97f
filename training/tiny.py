"""The tiny model: made here from the release's own text, so that every command can be tried without a download."""

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.processes import processes
from training.release import Release

_VOCABULARY = 1024
_MOST_ROWS = 5000
"""Rows of `sft` that the tokenizer is learned from."""
_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
_ROLES = ["<|system|>", "<|user|>", "<|assistant|>"]


def made_once(folder: Path, release: Release, seed: int) -> str:
    """The folder with the tiny model of a release, made where it is not there; one process makes it for all."""
    with processes().main_process_first():
        if not (folder / "tokenizer.json").exists():
            rows = release.rows("sft", "train", _MOST_ROWS)
            make(folder, (turn["content"] for row in rows for turn in row["messages"]), seed)
    return str(folder)


def make(folder: Path, texts: Iterable[str], seed: int) -> None:
    """Write a random Llama of 0.4 million weights, and a tokenizer learned from the texts.

    Digits are tokens of their own, as arithmetic wants. The same texts and seed give the same model.
    """
    tokenizer = _tokenizer(texts)
    torch.manual_seed(seed)
    configuration = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    LlamaForCausalLM(configuration).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split("\n", behavior="isolated"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=["<|pad|>", "<|end|>", *_ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|pad|>", chat_template=_TEMPLATE
    )
