"""What the tests of every package may use: a local language model."""

import pytest

from tests.local_model import local_model, run_by_one_process, smollm2_file

__all__ = ["local_model", "smollm2_file"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before xdist looks at the groups."""
    run_by_one_process(items)
