"""Fitting: running a trainer to its end, with what can happen on the way: a stop, NaN, too little memory, a resume."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from training import memory
from training.configurations.configuration import Configuration
from training.errors import NotFiniteError, OutOfMemoryError, StoppedError
from training.models import dtype
from training.processes import processes
from training.runs import Run
from training.watch import Watch


def arguments(configuration: Configuration, run: Run) -> dict[str, Any]:
    """The arguments of a TrainingArguments, or of a class below it, that a configuration stands for."""
    return {
        "output_dir": str(run.checkpoints),
        "per_device_train_batch_size": configuration.batch_size,
        "per_device_eval_batch_size": configuration.batch_size,
        "gradient_accumulation_steps": configuration.accumulate,
        "num_train_epochs": configuration.epochs,
        "max_steps": configuration.max_steps,
        "learning_rate": configuration.learning_rate,
        "lr_scheduler_type": configuration.schedule,
        "warmup_steps": configuration.warmup,  # below 1 it is a share of the steps
        "weight_decay": configuration.weight_decay,
        "max_grad_norm": configuration.max_grad_norm,
        "bf16": dtype(configuration.precision) == torch.bfloat16,
        "activation_checkpointing": configuration.gradient_checkpointing,
        "seed": configuration.seed,
        "logging_steps": configuration.log_every,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "eval_strategy": "steps" if configuration.eval_every else "no",
        "eval_steps": configuration.eval_every or None,
        "save_strategy": "steps",
        "save_steps": configuration.save_every,
        "use_cpu": not torch.cuda.is_available(),
        "project": "backmath",  # of trackio
        "run_name": run.record.name,
        "report_to": list(configuration.trackers) or "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
    }


class FiniteLoss:
    """What a trainer inherits first to end at the step whose loss is NaN or infinite, before a checkpoint holds it."""

    state: TrainerState
    model: torch.nn.Module

    def training_step(self, *args: Any, **options: Any) -> torch.Tensor:
        loss: torch.Tensor = super().training_step(*args, **options)  # type: ignore[misc]
        if not math.isfinite(loss.item()):
            raise NotFiniteError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}; the last checkpoint is from before "
                "it. Next: a lower learning rate, in a new run"
            )
        return loss

    def save_model(self, *args: Any, **options: Any) -> None:
        self.require_finite_weights()
        super().save_model(*args, **options)  # type: ignore[misc]

    def require_finite_weights(self) -> None:
        """Raise NotFiniteError where a weight is NaN or infinite."""
        if not all(weights.isfinite().all() for weights in self.model.parameters()):
            raise NotFiniteError(
                f"the weights are no longer finite at step {self.state.global_step}; the last checkpoint is from "
                "before it. Next: a lower learning rate, in a new run"
            )


def fit(trainer: Trainer, run: Run, watch: Watch, *, evaluate: bool = False) -> None:
    """Train from the run's last checkpoint, or from the start, to the end; with `evaluate`, measure before and behind.

    Raises StoppedError behind the step at which `watch` wants to stop, with a checkpoint written, NotFiniteError and
    OutOfMemoryError; the last checkpoint stays usable.
    """
    checkpoint = run.last_checkpoint()
    if trainer.is_world_process_zero():
        run.forget_metrics_after(_steps_of(checkpoint))
    assert isinstance(run.configuration, Configuration)
    looking = _Looking(run, watch, run.configuration.keep_checkpoints)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(looking)
    try:
        if evaluate and not checkpoint:
            trainer.evaluate()
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if evaluate and not looking.stopped and looking.evaluated_at != trainer.state.global_step:
            trainer.evaluate()
    except (RuntimeError, MemoryError) as error:
        if not _out_of_memory(error):
            raise
        raise OutOfMemoryError(
            f"a batch of {trainer.args.per_device_train_batch_size} did not fit into memory at step "
            f"{trainer.state.global_step + 1}; {_left(run)}. Next: a smaller --batch-size, --gradient-checkpointing, "
            "or --lora-rank, in a new run"
        ) from error
    if looking.stopped:
        raise StoppedError(f"stopped at step {trainer.state.global_step}; {_left(run)}")


def _out_of_memory(error: Exception) -> bool:
    """A CPU's allocator says so in a RuntimeError of no class of its own."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def _left(run: Run) -> str:
    checkpoint = run.last_checkpoint()
    return f"the last checkpoint is {checkpoint}" if checkpoint else "there is no checkpoint yet"


def _steps_of(checkpoint: Path | None) -> int:
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


class _Looking(TrainerCallback):
    """Writes metrics, marks checkpoints that are whole, and stops where that is asked for, in all processes at once."""

    def __init__(self, run: Run, watch: Watch, keep: int) -> None:
        self._run = run
        self._keep = keep
        self._watch = watch
        self._metrics: dict[str, float] = {}
        self._began = 0.0
        self._first = 0
        self.stopped = False
        self.evaluated_at = -1

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        self._metrics = {name: float(value) for name, value in (logs or {}).items() if _is_number(value)}
        if state.is_world_process_zero:
            self._run.log(state.global_step, self._metrics)

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        memory.forget_peak()
        self._began, self._first = time.perf_counter(), state.global_step

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if steps := state.global_step - self._first:
            seconds = (time.perf_counter() - self._began) / steps
            self._run.note(seconds_a_step=seconds, peak_memory=memory.peak())

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if state.is_world_process_zero:
            self._watch.step(state.global_step, state.max_steps, self._metrics)
        if _anyone(self._watch.stopping) and state.global_step < state.max_steps:
            self.stopped = control.should_save = control.should_training_stop = True

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.evaluated_at = state.global_step

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        processes().wait_for_everyone()  # each process writes the state of its own random numbers
        self._run.completed(state.global_step, self._keep)


def _anyone(asked: Callable[[], bool]) -> bool:
    """Whether any process says so."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return asked()
    device = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor(int(asked()), device=device)
    torch.distributed.all_reduce(flag, op=torch.distributed.ReduceOp.MAX)
    return bool(flag.item())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
