"""Looking: the progress on the terminal of work with a model, and whether it was asked to stop."""

from collections import Counter
from collections.abc import Mapping

from backmath.progress import Bar

_SHOWN = ("loss", "reward", "right")


class Looking:
    """The progress of a training or an evaluation on the terminal, and whether it was asked to stop."""

    def __init__(self, doing: str = "Training") -> None:
        self.asked = False
        self.newest: dict[str, float] = {}
        self.bar = Bar(doing, None, Counter, self.stopping, self.figures)

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Move the bar to where the work is."""
        self.newest |= metrics
        self.bar.reach(done, total)

    def figures(self) -> str:
        """The newest of the figures that say most."""
        return " ".join(f"{name} {self.newest[name]:.3g}" for name in _SHOWN if name in self.newest)

    def stopping(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.asked

    def stop(self) -> None:
        """Ask it to stop."""
        self.asked = True
