"""The extra `training`: whether the packages that train models are installed."""

from collections.abc import Sequence
from importlib.util import find_spec

from training.errors import ExtraMissingError

_PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "plotille")


def require() -> None:
    """Raise ExtraMissingError, with the line that installs them, where a package of the extra is missing."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ExtraMissingError(
            f"training needs {', '.join(missing)}; nothing was done. Next: pip install 'backmath[training]'"
        )


def require_trackers(names: Sequence[str]) -> None:
    """Raise ExtraMissingError where a tracker that metrics are to go to is not installed; each is a package."""
    for name in names:
        if find_spec(name) is None:
            raise ExtraMissingError(f"{name} is not installed; nothing was done. Next: pip install {name}")
