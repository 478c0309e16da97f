"""Models and tokenizers: read from a folder, a GGUF file or the hub, and made ready for training."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForTokenClassification,
    AutoTokenizer,
    GgufConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from training.configurations.configuration import Configuration, Precision
from training.errors import ModelError
from training.runs import Run

_LINEAR = "all-linear"
_HEADS = ["score", "classifier"]
"""Last layers of token classifiers, which peft trains whole."""


def load_tokenizer(path: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a model; raises ModelError where it cannot be loaded, or has no end of text.

    One without a pad token pads with its end-of-text token: padding is told by the attention mask, and never by the id.
    """
    tokenizer = _loaded(AutoTokenizer, path)
    if tokenizer.eos_token_id is None:
        raise ModelError(f"{path}: its tokenizer has no end-of-text token; nothing was done")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def require_chat_template(tokenizer: PreTrainedTokenizerBase, path: str) -> None:
    """Raise ModelError where the tokenizer cannot write a conversation."""
    if not tokenizer.chat_template:
        raise ModelError(
            f"{path}: its tokenizer has no chat template, so a conversation cannot be written for it; nothing was "
            "done. Next: take the instruct model, or put a chat_template.jinja beside its tokenizer.json"
        )


def end_turns_with(model: Any, token: int) -> None:
    """Let the model's generation end with the token that ends a turn, besides the tokens that end it already."""
    before = model.generation_config.eos_token_id
    ends = [before] if isinstance(before, int) else list(before or ())
    if token not in ends:
        model.generation_config.eos_token_id = [*ends, token]


def load_policy(path: str, precision: Precision = "auto") -> PreTrainedModel:
    """A causal language model, its dropout as its configuration says. Raises ModelError where it cannot be loaded."""
    return _loaded(AutoModelForCausalLM, path, dtype=dtype(precision))


def load_classifier(path: str, labels: int, precision: Precision = "auto") -> PreTrainedModel:
    """A model with `labels` numbers a token; those of a causal model start at random. Raises ModelError."""
    return _loaded(AutoModelForTokenClassification, path, num_labels=labels, dtype=dtype(precision))


def dtype(precision: Precision) -> torch.dtype:
    """The type of weights: bfloat16 on devices that compute in it, float32 on a CPU, or what is asked for."""
    if precision != "auto":
        return torch.bfloat16 if precision == "bfloat16" else torch.float32
    return torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float32


def with_lora(model: PreTrainedModel, configuration: Configuration, task: str) -> Any:
    """The model with LoRA adapters of the configuration's rank, or itself in float32 where the rank is 0.

    `task` is peft's name of what the model does: `CAUSAL_LM` or `TOKEN_CLS`. Weights that are trained are kept in
    float32 (adapters by peft): in bfloat16 a step smaller than 1/256 of a weight rounds to nothing. What is computed
    with them is in bfloat16 all the same, by autocast.
    """
    adapters = lora(configuration, task)
    if adapters is None:
        return model.float()
    from peft import get_peft_model

    return get_peft_model(model, adapters)


def lora(configuration: Configuration, task: str) -> Any:
    """peft's LoraConfig of the adapters that a configuration asks for; None where it asks for none."""
    if not configuration.lora_rank:
        return None
    from peft import LoraConfig

    return LoraConfig(
        task_type=task,
        r=configuration.lora_rank,
        lora_alpha=configuration.lora_alpha,
        target_modules=_LINEAR,
        exclude_modules=_HEADS if task == "TOKEN_CLS" else None,
    )


def weigh(model: Any, run: Run) -> None:
    """Note in the run how many weights there are, and how many of them are trained."""
    run.note(
        parameters=sum(weights.numel() for weights in model.parameters()),
        trained_parameters=sum(weights.numel() for weights in model.parameters() if weights.requires_grad),
    )


def save(model: Any, tokenizer: PreTrainedTokenizerBase, folder: Path, precision: Precision) -> None:
    """Write a model for all to load: LoRA adapters merged into it, in the type that a model is used in."""
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    model.to(dtype(precision)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _loaded(factory: Any, path: str, **options: Any) -> Any:
    file = Path(path)
    if file.suffix == ".gguf":
        path, options = str(file.parent), options | {"gguf_file": file.name}
        if factory is not AutoTokenizer:  # else they are plain weights that count as quantized, and are not trained
            options["quantization_config"] = GgufConfig(dequantize=True)
    try:
        return factory.from_pretrained(path, **options)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{file} is no model that can be loaded ({first}); nothing was done") from error
