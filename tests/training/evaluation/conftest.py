"""A tiny model with random weights, and a process reward model beside it: real in all but what they know."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A causal model that can write any text, and says nothing sensible."""
    from training import tiny

    folder = tmp_path_factory.mktemp("model")
    tiny.make(folder, ["Ann has 3 pens and buys 4 more. How many? The answer is 7."] * 20, seed=0)
    return str(folder)


@pytest.fixture(scope="session")
def prm(model: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that scores steps at random, but the same step in the same place always alike."""
    import torch

    from training.models import load_classifier, load_tokenizer
    from training.process_reward.scoring import ScorerConfig

    folder = Path(tmp_path_factory.mktemp("prm"))
    torch.manual_seed(3)
    load_classifier(model, 2).save_pretrained(folder)
    load_tokenizer(model).save_pretrained(folder)
    ScorerConfig(kind="prm", max_length=512).write(folder)
    return str(folder)
