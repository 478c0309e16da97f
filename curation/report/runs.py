"""Runs in the report: what the folders of `runs/` hold, read through their schemas, and what could not be read.

Whatever is in the files, reading ends: they are bounded, and one that is broken is left out, with a line that says so.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from curation.report.text import short
from schemas.ablation import Ablation
from schemas.evaluation import Evaluation
from schemas.failures import FailureAnalysis
from schemas.model import Model
from schemas.training import TrainingRun

MOST_RUNS = 40
"""The newest are shown, of the parts of comparisons and of the others."""

_MOST_BYTES = 32 << 20
_MOST_LINES = 100_000
_LONGEST_LINE = 1 << 16
_LARGEST = 1 << 62

M = TypeVar("M", bound=Model)
_METRICS: TypeAdapter[dict[str, float]] = TypeAdapter(dict[str, float])


@dataclass(frozen=True)
class RunFiles:
    """What one run left: its record, the lines of its metrics, and what an evaluation or a comparison came to."""

    record: TrainingRun
    metrics: tuple[dict[str, float], ...] = ()
    evaluation: Evaluation | None = None
    failures: FailureAnalysis | None = None
    ablation: Ablation | None = None


@dataclass(frozen=True)
class Runs:
    """The runs of a workspace, the oldest first, and a line for each thing that was left out."""

    found: tuple[RunFiles, ...] = ()
    left_out: tuple[str, ...] = ()

    def of(self, comparison: str | None) -> tuple[RunFiles, ...]:
        """The runs that are part of a comparison, or those that are part of none."""
        return tuple(each for each in self.found if each.record.within == comparison)


@dataclass
class _Left:
    lines: list[str] = field(default_factory=list)

    def out(self, file: Path, why: str) -> None:
        self.lines.append(f"{short(file.parent.name)}/{file.name}: {short(why, 120)}")


def read_runs(workspace: Path) -> Runs:
    """The newest runs of a workspace and parts of comparisons, and all comparisons, which begin before their parts."""
    left = _Left()
    folders = sorted(path for path in (workspace / "runs").glob("*/") if path.is_dir())
    records = [(record, folder) for folder in folders if (record := _read(folder / "run.json", TrainingRun, left))]
    records.sort(key=lambda each: (each[0].started_at.timestamp(), each[1].name))
    newest = {folder for part in (False, True) for _, folder in _of(records, part)[-MOST_RUNS:]}
    chosen = [each for each in records if each[1] in newest or each[0].stage == "compare"]
    if len(records) > len(chosen):
        left.lines.append(f"{len(records) - len(chosen)} older runs")
    found = tuple(_files(record, folder, left) for record, folder in chosen)
    return Runs(found, tuple(left.lines))


def _of(records: Sequence[tuple[TrainingRun, Path]], part: bool) -> list[tuple[TrainingRun, Path]]:
    """Those that are part of a comparison, or that are not."""
    return [each for each in records if (each[0].within is not None) == part]


def _files(record: TrainingRun, folder: Path, left: _Left) -> RunFiles:
    """The name of a run is that of its folder, whatever its files say."""
    return RunFiles(
        record.model_copy(update={"name": folder.name}),
        tuple(_metrics(folder / "metrics.jsonl", left)),
        _read(folder / "evaluation.json", Evaluation, left, needed=False),
        _read(folder / "failures.json", FailureAnalysis, left, needed=False),
        _read(folder / "compare.json", Ablation, left, needed=False),
    )


def _read(file: Path, kind: type[M], left: _Left, *, needed: bool = True) -> M | None:
    try:
        if not file.exists() and not needed:
            return None
        if file.stat().st_size > _MOST_BYTES:
            left.out(file, f"larger than {_MOST_BYTES >> 20} MiB")
            return None
        return kind.model_validate(_json(file.read_bytes()))
    except ValidationError as error:
        left.out(file, f"{error.error_count()} of its fields are not what is expected")
    except OSError as error:
        left.out(file, error.strerror or type(error).__name__)
    except (ValueError, RecursionError):
        left.out(file, "no JSON that can be read")
    return None


def _metrics(file: Path, left: _Left) -> Iterator[dict[str, float]]:
    """The lines, without numbers that are not finite."""
    refused: Counter[str] = Counter()
    try:
        if not file.exists():
            return
        with file.open("rb") as opened:
            for number, line in enumerate(iter(lambda: opened.readline(_LONGEST_LINE), b"")):
                if number >= _MOST_LINES:
                    refused["what comes behind the first lines"] += 1
                    break
                metrics = _line(line)
                if metrics is None:
                    refused["no line of metrics"] += 1
                    continue
                finite = {name: value for name, value in metrics.items() if math.isfinite(value)}
                refused["numbers that are not finite"] += len(metrics) - len(finite)
                if 0 <= finite.get("step", -1) < _LARGEST:
                    yield finite
    except OSError as error:
        left.out(file, error.strerror or type(error).__name__)
    for why, times in refused.items():
        if times:
            left.out(file, f"{why}, {times:,}")


def _line(line: bytes) -> dict[str, float] | None:
    try:
        return _METRICS.validate_python(json.loads(line, parse_int=_integer), strict=False)
    except (ValueError, RecursionError):
        return None


def _json(data: bytes) -> Any:
    """JSON whose numbers are finite. Raises ValueError or RecursionError."""
    return json.loads(data, parse_constant=_refused, parse_float=_finite, parse_int=_integer)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refused(text)


def _integer(text: str) -> int:
    value = int(text)
    return value if abs(value) < _LARGEST else _refused(text)


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no number that can be shown")
