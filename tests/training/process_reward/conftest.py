"""What the tests of process reward models share: a tiny model."""

import pytest

from tests.training.process_reward import toy


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> str:
    return toy.base(tmp_path_factory.mktemp("tiny"))
