"""Runs: a folder in `WORKSPACE/runs` for each training or evaluation, and what is known of it in `run.json`."""

import json
import shutil
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from curation.locks import locked
from schemas.model import Model
from schemas.training import RunState, SkippedRows, Stage, TrainingRun
from training.errors import RunError, StoppedError

RECORD_NAME = "run.json"
CONFIGURATION_NAME = "configuration.toml"
METRICS_NAME = "metrics.jsonl"
COMPLETE_NAME = "complete.json"
"""The file that a checkpoint gets last: one without it was cut short."""

_PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "datasets")


class Run:
    """A run that is going on: its record, and the places of its files; of several processes, the main one writes."""

    def __init__(self, folder: Path, record: TrainingRun, configuration: Model, is_main: bool) -> None:
        self.folder = folder
        self.record = record
        self.configuration = configuration
        self.is_main = is_main
        self.model_folder = folder / "model"
        self.checkpoints = folder / "checkpoints"
        self._begun = time.monotonic()
        self._earlier = record.seconds

    def note(self, **changes: Any) -> None:
        """Change the record, and write it."""
        if not self.is_main:
            return
        seconds = self._earlier + time.monotonic() - self._begun
        self.record = TrainingRun.model_validate({**self.record.model_dump(), "seconds": seconds, **changes})
        part = self.folder / f"{RECORD_NAME}.part"
        part.write_text(self.record.model_dump_json(indent=2) + "\n", encoding="utf-8")
        part.replace(self.folder / RECORD_NAME)

    def skipped(self, split: str, reason: str, rows: int) -> None:
        """Note that rows were not used; nothing for none of them."""
        if rows:
            entry = SkippedRows(split=split, reason=reason, rows=rows)
            others = [each for each in self.record.skipped if (each.split, each.reason) != (split, reason)]
            self.note(skipped=(*others, entry))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Add a line to metrics.jsonl: the step of the optimizer, the seconds since the run began, and the metrics."""
        if not self.is_main:
            return
        seconds = round(self._earlier + time.monotonic() - self._begun, 3)
        with (self.folder / METRICS_NAME).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "seconds": seconds, **metrics}) + "\n")

    def metrics(self) -> list[dict[str, float]]:
        """The lines of metrics.jsonl, in order; not one that a kill cut short."""
        return read_metrics(self.folder)

    def forget_metrics_after(self, step: int) -> None:
        """Take the lines behind a step out of metrics.jsonl: what comes after its checkpoint is done again."""
        if self.is_main:
            kept = [json.dumps(metrics) for metrics in self.metrics() if metrics["step"] <= step]
            part = self.folder / f"{METRICS_NAME}.part"
            part.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
            part.replace(self.folder / METRICS_NAME)

    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint that was written to its end; None where there is none."""
        whole = self._whole_checkpoints()
        return whole[-1] if whole else None

    def completed(self, step: int, keep: int) -> None:
        """Mark the checkpoint of a step as whole, and remove all but the newest `keep`."""
        if self.is_main:
            done = self.checkpoints / f"checkpoint-{step}" / COMPLETE_NAME
            done.write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
            for old in self._whole_checkpoints()[:-keep]:
                shutil.rmtree(old)

    def _whole_checkpoints(self) -> list[Path]:
        """The oldest first."""
        whole = [path.parent for path in self.checkpoints.glob(f"checkpoint-*/{COMPLETE_NAME}")]
        return sorted(whole, key=lambda path: int(path.name.rpartition("-")[2]))


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """The lines of the metrics.jsonl of a run's folder, in order; not one that a kill cut short."""
    file = folder / METRICS_NAME
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [metrics for line in lines if (metrics := _metrics(line))]


def _metrics(line: str) -> dict[str, float] | None:
    try:
        found: dict[str, float] = json.loads(line)
    except ValueError:
        return None
    return found


@contextmanager
def running(
    workspace: Path,
    stage: Stage,
    configuration: Model,
    *,
    base: str,
    recipe: str | None = None,
    release: str | None = None,
    manifest_sha256: str | None = None,
    rewards: Mapping[str, str] | None = None,
    name: str | None = None,
    resume: bool = False,
    within: str | None = None,
) -> Iterator[Run]:
    """Record the block as a run: done, interrupted where it raises StoppedError, failed where it raises.

    A new run has the next free name of its stage (`sft-1`, `sft-2`), or `name`; with `resume` it is the run of that
    name, whose configuration has to be the same. Raises RunError where that is not so, and where the run goes on in
    another process. In a run of several processes the main one writes the record.
    """
    from accelerate.utils import broadcast_object_list

    from training.processes import processes

    main = processes().is_main_process
    with ExitStack() as stack:
        chosen: list[Any] = [None, None]
        if main:
            folder = _existing(workspace, name) if resume and name else _new(workspace, stage, name)
            if not stack.enter_context(locked(folder / "lock")):
                raise RunError(f"run {folder.name} goes on in another process; nothing was done here")
            chosen = [folder, _resumed(folder, stage, configuration) if resume else None]
        broadcast_object_list(chosen)
        folder, begun = chosen
        begun = begun or _record(folder, stage, base, recipe, release, manifest_sha256, rewards or {}, within)
        run = Run(folder, begun, configuration, main)
        if main and not resume:
            _write_configuration(run)
        run.note(state="running", failure=None, ended_at=None)
        state: RunState = "failed"
        failure: str | None = None
        try:
            yield run
            state = "done"
        except (StoppedError, KeyboardInterrupt):
            state = "interrupted"
            raise
        except BaseException as error:
            failure = f"{type(error).__name__}: {error}"
            raise
        finally:
            run.note(state=state, failure=failure, ended_at=datetime.now(UTC))


def record(workspace: Path, name: str) -> TrainingRun:
    """The record of a run; raises RunError where there is none, or it cannot be read."""
    return _read(_existing(workspace, name))


def _read(folder: Path) -> TrainingRun:
    try:
        return TrainingRun.model_validate_json((folder / RECORD_NAME).read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(f"{folder / RECORD_NAME} cannot be read ({type(error).__name__}); nothing was done") from error


def records(workspace: Path) -> list[TrainingRun]:
    """The records of all runs that can be read, the oldest first."""
    found = []
    for file in (workspace / "runs").glob(f"*/{RECORD_NAME}"):
        try:
            found.append(TrainingRun.model_validate_json(file.read_bytes()))
        except (OSError, ValidationError):
            continue  # a folder of something else, or a record of a version to come
    return sorted(found, key=lambda record: (record.started_at, record.name))


def newest_model(workspace: Path, stage: Stage, recipe: str | None) -> Path | None:
    """The model of the newest run of a stage that was done by the same recipe, and is not part of a comparison."""
    wanted = (stage, "done", recipe, None)
    done = [each for each in records(workspace) if (each.stage, each.state, each.recipe, each.within) == wanted]
    return workspace / "runs" / done[-1].name / "model" if done else None


def _new(workspace: Path, stage: Stage, name: str | None) -> Path:
    root = workspace / "runs"
    root.mkdir(parents=True, exist_ok=True)
    if name is not None:
        if not name or Path(name).name != name or name.startswith("."):
            raise RunError(f"{name!r} cannot be the name of a run: it is that of a folder, without slashes")
        try:
            (root / name).mkdir()
        except FileExistsError:
            raise RunError(f"there is a run {name} already; nothing was done. Next: --resume {name}") from None
        return root / name
    number = 1
    while True:
        try:
            (root / f"{stage}-{number}").mkdir()
            return root / f"{stage}-{number}"
        except FileExistsError:
            number += 1


def _existing(workspace: Path, name: str) -> Path:
    folder = workspace / "runs" / name
    if not (folder / RECORD_NAME).exists():
        known = ", ".join(record.name for record in records(workspace)) or "none"
        raise RunError(f"there is no run {name}; there are: {known}")
    return folder


def _record(
    folder: Path,
    stage: Stage,
    base: str,
    recipe: str | None,
    release: str | None,
    manifest_sha256: str | None,
    rewards: Mapping[str, str],
    within: str | None,
) -> TrainingRun:
    import torch

    from training.processes import processes

    return TrainingRun(
        name=folder.name,
        stage=stage,
        state="running",
        base=base,
        recipe=recipe,
        release=release,
        manifest_sha256=manifest_sha256,
        code_version=version("backmath"),
        packages={name: found for name in _PACKAGES if (found := _version(name))},
        device=torch.cuda.get_device_name()
        if torch.cuda.is_available()
        else f"CPU, threads: {torch.get_num_threads()}",
        processes=processes().num_processes,
        started_at=datetime.now(UTC),
        rewards=dict(rewards),
        within=within,
    )


def _cpu(threads: int) -> str:
    return f"a CPU, {threads} thread{'s' * (threads > 1)}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _resumed(folder: Path, stage: Stage, configuration: Model) -> TrainingRun:
    record = _read(folder)
    try:
        before = tomllib.loads((folder / CONFIGURATION_NAME).read_text(encoding="utf-8")).get(record.stage, {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RunError(f"{folder / CONFIGURATION_NAME} cannot be read: {error}; nothing was done") from error
    if record.stage != stage:
        raise RunError(f"run {folder.name} is one of {record.stage}, not of {stage}; nothing was done")
    if record.state == "done":
        raise RunError(f"run {folder.name} is done; nothing was done. Its model is {folder / 'model'}")
    now = json.loads(configuration.model_dump_json())
    for field, value in now.items():
        if field in before and before[field] != value:
            raise RunError(
                f"run {folder.name} was begun with {field} = {before[field]}, not {value}; nothing was done, and its "
                f"checkpoints are as they were. Next: leave out what differs, or begin a new run"
            )
    return record


def _write_configuration(run: Run) -> None:
    """The TOML file that `--config` takes; JSON's strings, numbers and lists are TOML's as well."""
    values = json.loads(run.configuration.model_dump_json())
    lines = [f"model = {json.dumps(run.record.base, ensure_ascii=False)}", "", f"[{run.record.stage}]"]
    lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    (run.folder / CONFIGURATION_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
