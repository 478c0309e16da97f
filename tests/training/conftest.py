"""What the tests of training share, made once for all tests of a process. Not to be changed."""

import shutil
from pathlib import Path

import pytest

import generation.sources
from backmath.generate import derive_all
from backmath.ingest import Origin, add
from curation.policy import load
from curation.releases.build import build
from curation.store import Store
from generation.strategy import Strategy
from tests.training import toys
from training import tiny
from training.release import Release


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a release of the bundled sample's first problems, made as quickstart makes it."""
    folder = tmp_path_factory.mktemp("released")
    sample = (Path(generation.sources.__path__[0]) / "sample.jsonl").read_text().splitlines(keepends=True)
    (folder / "sample.jsonl").write_text("".join(sample[:60]))
    store = Store(folder / "workspace")
    origin = Origin("records", path=folder / "sample.jsonl", columns={"solution": "answer"}, licence="Apache-2.0")
    add(store, origin, "ingest")
    derive_all(store, Strategy(), "generate", load(), concurrency=1)
    with store.running("release create"):
        build(store, None, policy=load())
    return store.folder


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the tiny model that was taught the toy."""
    return toys.taught(tmp_path_factory.mktemp("taught"))


@pytest.fixture(scope="session")
def base(released: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the tiny model of that release, as random as it begins."""
    return tiny.made_once(tmp_path_factory.mktemp("base"), Release(released), seed=0)


@pytest.fixture(scope="module")
def workspace(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that workspace for the runs of a file of tests."""
    return Path(shutil.copytree(released, tmp_path_factory.mktemp("workspace") / "workspace"))
