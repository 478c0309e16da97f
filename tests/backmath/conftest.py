"""A workspace with the sample in it, made once for all tests of a process, and a model's server."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backmath import asking, cli
from tests.llm_process import Running, serve


@pytest.fixture(scope="session")
def quickstarted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `backmath quickstart` was run; its output is in `quickstart.txt`. Not to be changed."""
    folder = tmp_path_factory.mktemp("quickstarted")
    output, _ = cli.run("quickstart", cwd=folder)
    (folder / "quickstart.txt").write_text(output)
    return folder


@pytest.fixture
def workplace(quickstarted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder to work in, the current one during the test."""
    folder = tmp_path / "workplace"
    shutil.copytree(quickstarted, folder)
    monkeypatch.chdir(folder)
    for name in os.environ.keys() - cli.environment().keys():
        monkeypatch.delenv(name)
    return folder


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose model knows a formula for every problem of the sample."""
    table = asking.table(tmp_path_factory.mktemp("answers") / "table.jsonl")
    with serve("--answers", str(table), "--latency", "0.01", "--retry-after", "0.05") as running:
        yield running


@pytest.fixture
def server(started: Running) -> Running:
    """That server as at its start."""
    started.reset()
    return started


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of a few problems, from which nothing was derived. Not to be changed."""
    return asking.ingest(tmp_path_factory.mktemp("ingested"))


@pytest.fixture
def workspace(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it in the current folder, and a key in the environment."""
    for name in os.environ.keys() - cli.environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", asking.KEY)
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(ingested, tmp_path / "workspace"))
