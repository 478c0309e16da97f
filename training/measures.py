"""Measures: the metrics of a run as series over its steps, those of the validation split beside those of training."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_OF_THE_MACHINE = ("runtime", "per_second", "preparation_time", "flos", "epoch", "num_tokens", "learning_rate")
_OF_EVALUATION = "eval_"
_SUMS = ("train_loss",)
"""What the trainer says at its end about the whole."""

Series = list[tuple[int, float]]
"""Steps of the optimizer and values."""


@dataclass(slots=True)
class Measure:
    """One thing that was measured: while it was trained, and on the validation split."""

    name: str
    training: Series = field(default_factory=list)
    validation: Series = field(default_factory=list)

    @property
    def told(self) -> Series:
        """What says most of the model: the validation split where it was looked at twice."""
        return self.validation if len(self.validation) > 1 else self.training


def measures(lines: Iterable[Mapping[str, float]]) -> list[Measure]:
    """What the lines of metrics.jsonl tell, without what they tell of the machine; the loss first."""
    found: dict[str, Measure] = {}
    for line in lines:
        for name, value in line.items():
            if name in ("step", "seconds", *_SUMS) or any(part in name for part in _OF_THE_MACHINE):
                continue
            bare = name.removeprefix(_OF_EVALUATION)
            measure = found.setdefault(bare, Measure(bare))
            (measure.training if bare == name else measure.validation).append((int(line["step"]), value))
    return sorted(found.values(), key=lambda measure: (measure.name != "loss", measure.name))
