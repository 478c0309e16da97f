"""A workspace with the sample in it, made once for all tests of a process."""

import os
import shutil
from pathlib import Path

import pytest

from tests.backmath import cli


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
