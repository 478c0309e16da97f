"""`backmath train STAGE`: one command for each stage, with the flags of its configuration."""

from collections.abc import Callable
from typing import Any

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.train.flags import with_flags
from backmath.train.options import BackPrm, Config, Model, Name, Prm, Recipe, Release, Resume
from backmath.train.work import train
from schemas.training import Stage
from training.stages import CONFIGURATIONS

Command = Callable[..., None]


def learning(stage: Stage, told: str) -> Command:
    """The command of a stage that learns from rows; `told` is its help."""

    def command(
        flags: dict[str, Any],
        model: Model = None,
        release: Release = None,
        recipe: Recipe = None,
        config: Config = None,
        run: Name = None,
        resume: Resume = None,
        workspace: Workspace = DEFAULT_WORKSPACE,
        debug: Debug = False,
    ) -> None:
        train(stage, model, release, recipe, config, run, resume, flags, workspace)

    return _finished(command, stage, told)


def rewarded(stage: Stage, told: str) -> Command:
    """The command of a stage that learns from rewards, of a PRM and a BackPRM too; `told` is its help."""

    def command(
        flags: dict[str, Any],
        model: Model = None,
        release: Release = None,
        prm: Prm = None,
        backprm: BackPrm = None,
        recipe: Recipe = None,
        config: Config = None,
        run: Name = None,
        resume: Resume = None,
        workspace: Workspace = DEFAULT_WORKSPACE,
        debug: Debug = False,
    ) -> None:
        rewards = {name: path for name, path in (("prm", prm), ("backprm", backprm)) if path is not None}
        train(stage, model, release, recipe, config, run, resume, flags, workspace, rewards or None)

    return _finished(command, stage, told)


def _finished(command: Command, stage: Stage, told: str) -> Command:
    command.__name__, command.__doc__ = stage, told
    return with_flags(CONFIGURATIONS[stage])(command)
