"""One training on the terminal: its progress, and what is said at its end."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from backmath.command_line import within
from backmath.errors import CommandError
from backmath.looking import Looking
from backmath.quiet import quiet
from backmath.signals import asking_to_stop
from backmath.terminal import console, data, times
from schemas.training import Stage

if TYPE_CHECKING:
    from training.runs import Run


def train(
    stage: Stage,
    model: str | None,
    release: str | None,
    recipe: str | None,
    config: Path | None,
    name: str | None,
    resume: str | None,
    flags: Mapping[str, Any],
    workspace: Path,
    rewards: Mapping[str, str] | None = None,
) -> None:
    """Run one stage to its end. Raises CommandError where it was asked to stop, and the errors of the packages.

    `rewards` are the reward models that were named; one that is not is the newest of the recipe, and `none` is none.
    """
    from training import extra, stages
    from training.errors import StoppedError

    extra.require()
    quiet()
    if rewards and resume is None:
        rewards = stages.reward_models(workspace, recipe, rewards)
    looking = Looking()
    out = console()
    begun: list[Run] = []

    def began(run: "Run") -> None:
        begun.append(run)
        if not run.is_main:
            return
        told = f"{run.record.name}: {stage} of {run.record.base} on release {run.record.release}"
        given = "".join(f", {name} {path}" for name, path in run.record.rewards.items())
        out.print(data(told + given), soft_wrap=True)

    try:
        with asking_to_stop(looking.stop), looking.bar:
            run = stages.train(
                workspace,
                stage,
                watch=looking,
                base=model,
                version=release,
                recipe=recipe,
                file=config,
                flags=flags,
                rewards=rewards,
                name=name,
                resume=resume,
                began=began,
            )
    except StoppedError as error:
        if not begun[0].is_main:
            raise typer.Exit(1) from error
        line = f"backmath train {stage} --resume {begun[0].record.name}"
        raise CommandError(f"{error}. Next: {within(line, workspace)}") from error
    if run.is_main:
        _report(run)


def _report(run: "Run") -> None:
    """What was trained on, what was left out, the curves, and where the model is."""
    from training import curves

    out = console()
    record = run.record
    used = ", ".join(f"{times(rows, 'row')} of {split}" for split, rows in record.used.items())
    out.print(data(f"{used}; {record.trained_parameters:,} of {record.parameters:,} weights; {record.seconds:,.0f} s"))
    for each in record.skipped:
        out.print(data(f"  {times(each.rows, 'row')} of {each.split} left out: {each.reason}", "yellow"))
    out.print(curves.terminal(run))
    out.print(data(f"The model is {run.model_folder}"), soft_wrap=True)
