"""Stages: training one model from a release, from its base to a folder that anyone can load."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from schemas.training import Stage
from training.configurations.configuration import Configuration
from training.configurations.grpo import GrpoConfiguration
from training.configurations.ppo import PpoConfiguration
from training.configurations.process_reward import ProcessRewardConfiguration
from training.configurations.reading import base_model, read
from training.configurations.sft import SftConfiguration
from training.errors import ModelError, RunError
from training.extra import require_trackers
from training.runs import CONFIGURATION_NAME, Run, newest_model, record, running
from training.watch import Watch

CONFIGURATIONS: dict[Stage, type[Configuration]] = {
    "sft": SftConfiguration,
    "prm": ProcessRewardConfiguration,
    "backprm": ProcessRewardConfiguration,
    "ppo": PpoConfiguration,
    "grpo": GrpoConfiguration,
}
_BODIES: dict[Stage, str] = {
    "sft": "training.sft",
    "prm": "training.process_reward.training",
    "backprm": "training.process_reward.training",
    "ppo": "training.ppo",
    "grpo": "training.grpo",
}
"""The module whose `train(start, release, run, watch)` is the stage."""

REWARDED: tuple[Stage, ...] = ("ppo", "grpo")
TINY = "tiny"
NO_MODEL = "none"


def train(
    workspace: Path,
    stage: Stage,
    *,
    watch: Watch,
    base: str | None = None,
    version: str | None = None,
    recipe: str | None = None,
    file: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    rewards: Mapping[str, str] | None = None,
    name: str | None = None,
    resume: str | None = None,
    within: str | None = None,
    began: Callable[[Run], None] = lambda run: None,
) -> Run:
    """Train one stage and return its run, whose `model_folder` holds the model with its card.

    Left out, `base` is the file's `model`, else the newest model of `train sft` by the same recipe, else the recipe's;
    `version` the newest release; `rewards` (`{"prm": PATH, "backprm": PATH}`) the newest of each by the same recipe.
    With `resume`, all of it is as the run of that name was begun with. `within` is the comparison that it is part of.
    `began` is told of the run when it begins.
    Raises TrainingError, and CurationError where the release is missing or damaged.
    """
    from transformers import set_seed

    from training import card, curves, tiny
    from training.release import Release

    if resume is not None:
        _nothing_else(
            resume, model=base, release=version, recipe=recipe, config=file, run=name, **{"prm or --backprm": rewards}
        )
        before = record(workspace, resume)
        base, version, recipe, rewards = before.base, before.release, before.recipe, before.rewards
        file = workspace / "runs" / resume / CONFIGURATION_NAME
    configuration = read(CONFIGURATIONS[stage], stage, recipe, file, flags or {})
    require_trackers(configuration.trackers)
    release = Release(workspace, version)
    if base is None:
        base = _base(workspace, stage, recipe, file)
    if stage in REWARDED and rewards is None:
        rewards = reward_models(workspace, recipe, {})
    with running(
        workspace,
        stage,
        configuration,
        base=base,
        recipe=recipe,
        release=release.version,
        manifest_sha256=release.manifest_sha256,
        rewards=rewards,
        name=resume or name,
        resume=resume is not None,
        within=within,
    ) as run:
        began(run)
        start = base
        if base == TINY:
            start = tiny.made_once(run.folder / "base", release, configuration.seed)
        set_seed(configuration.seed)  # of what is drawn before a trainer does so, such as adapters and heads
        import_module(_BODIES[stage]).train(start, release, run, watch)
        if run.is_main:
            curves.draw(run)
            card.write(run, release)
    return run


def _nothing_else(resume: str, **given: object) -> None:
    """Raise RunError where a resumed run is told what it was begun with."""
    for name, value in given.items():
        if value is not None:
            raise RunError(f"--resume {resume} goes on as the run was begun: leave out --{name}; nothing was done")


def _base(workspace: Path, stage: Stage, recipe: str | None, file: Path | None) -> str:
    tuned = newest_model(workspace, "sft", recipe) if stage != "sft" else None
    found = base_model(None, file) or (str(tuned) if tuned else base_model(recipe, None))
    if found is None:
        raise ModelError("which model? Nothing was trained. Next: --model PATH, or --recipe tiny, which makes its own")
    return found


def reward_models(workspace: Path, recipe: str | None, named: Mapping[str, str]) -> dict[str, str]:
    """The PRM and the BackPRM: as named, else the newest of the recipe; the name `none` is no model.

    Raises RunError where that leaves none, and nobody said so.
    """
    stages: tuple[Stage, ...] = ("prm", "backprm")
    found: dict[str, str] = {each: str(path) for each in stages if (path := newest_model(workspace, each, recipe))}
    found |= named
    if not found:
        raise RunError(
            "there is no PRM to reward steps with; nothing was trained. Next: backmath train prm, and backmath train "
            "backprm; or --prm none for the outcome alone"
        )
    return {name: path for name, path in found.items() if path != NO_MODEL}
