"""Models: what a GGUF file becomes."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

from training.models import load_policy


def test_a_gguf_file_becomes_plain_weights_that_are_trained_and_saved(smollm2_file: Path, tmp_path: Path) -> None:
    model = load_policy(str(smollm2_file), "float32").float()
    Trainer(model=model, args=TrainingArguments(output_dir=str(tmp_path / "out"), report_to="none", use_cpu=True))
    model.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(weights, again[name]) for name, weights in model.state_dict().items())
