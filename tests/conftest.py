"""What the tests of every package may use: a local language model, Argilla, a browser, `datasets` alone."""

import os
import signal
from pathlib import Path

import pytest

from tests import local_model as model
from tests.browser import page
from tests.curation.review import running
from tests.curation.review.running import argilla
from tests.datasets_environment import datasets_python
from tests.local_model import local_model, smollm2_file

__all__ = ["argilla", "datasets_python", "local_model", "page", "smollm2_file"]

signal.signal(signal.SIGINT, signal.default_int_handler)  # tests press Ctrl-C, which what a shell starts by & ignores
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run beside each other; torch reads it when it is imported

OF_TRAINING = {Path(__file__).parent / "training", Path(__file__).parent / "backmath" / "train"}
"""One process runs their tests: to import torch takes seconds, and they share what takes seconds to make."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before xdist looks at the groups. Pages come first: they take long, and all would wait for the last of them."""
    items.sort(key=lambda item: item.path.name != "test_docs.py")
    model.run_by_one_process(items)
    running.run_by_one_process(items)
    for item in items:
        if OF_TRAINING & set(item.path.parents):
            item.add_marker(pytest.mark.xdist_group("training"))
