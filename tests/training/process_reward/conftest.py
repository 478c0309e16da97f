"""What the tests of process reward models share: one thread, and a tiny model."""

from collections.abc import Iterator

import pytest
import torch

from tests.training.process_reward import toy


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> str:
    return toy.base(tmp_path_factory.mktemp("tiny"))
