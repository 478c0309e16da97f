"""Watch: who looks on while a model is trained or measured, and may stop it."""

from collections.abc import Mapping
from typing import Protocol


class Watch(Protocol):
    """`step` is told of each step that is done, with the newest metrics; `stopping` is asked whether to stop behind it.

    Where it stops, a checkpoint is written.
    """

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None: ...

    def stopping(self) -> bool: ...


class Unwatched:
    """Nobody looks on, and it goes on to its end."""

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Nothing is shown."""

    def stopping(self) -> bool:
        """Never."""
        return False
