"""Compare: the ablation of the paper, each arm trained with every seed on one budget, and asked the same questions.

    base         the model as it is
    sft-forward  fine-tuned on forward solutions
    sft-both     fine-tuned on forward and backward solutions, and on posing backward questions
    ppo-prm      from a shorter sft-both, PPO on forward and backward questions; the PRM scores forward steps
    ppo-both     the same; the BackPRM scores backward steps
    grpo-both    the same rewards, by GRPO

The budget is solutions that gradients are taken of. Reinforcement learning takes its steps behind those of SFT, so the
arms of SFT alone take as many solutions more instead; where a step of one holds more solutions than one of another, it
takes fewer steps. What is not in it, and is shown as time and memory: sampling, scoring, the critic and the reference.
The PRM and the BackPRM of a seed begin with its shorter sft-both as well, and are no part of the budget.

A step of SFT holds as many solutions as its batches have rows: rows are not packed here, whatever a recipe says.

Every training and evaluation is a run of its own; those that are done are not done again. An evaluation is held against
that of the arm above with the same seed, so that its failure analysis says on which questions the arm helps and hurts.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, cast

from schemas.ablation import Ablation, ArmName, Trained
from schemas.training import Stage
from training import ablation, tiny
from training.configurations.compare import CompareConfiguration
from training.configurations.evaluation import EvaluationConfiguration
from training.configurations.grpo import GrpoConfiguration
from training.configurations.ppo import PpoConfiguration
from training.configurations.reading import base_model, read
from training.configurations.sft import SftConfiguration
from training.errors import EvaluationError, ModelError, RunError
from training.evaluation import evaluation
from training.evaluation.sets import load
from training.processes import processes
from training.release import Release
from training.runs import CONFIGURATION_NAME, RECORD_NAME, Run, record, running
from training.stages import TINY, train
from training.watch import Watch

COMPARISON_NAME = "compare.json"
_STAGES_NAME = "stages.toml"
"""A copy of the user's file, so that the run can be gone on with."""

_BY_REINFORCEMENT: tuple[ArmName, ...] = ("ppo-prm", "ppo-both", "grpo-both")
_FORWARD_ONLY = {"backward": 0.0, "pose": 0.0}
_ROWS_APART: dict[str, Any] = {"packing": False}


@dataclass(frozen=True)
class Budget:
    """How many steps each kind of training takes, so that every arm learns from as many solutions.

    `start` are those of the shorter fine-tuning that reinforcement learning begins with, `sft` those of the arms that
    are fine-tuned only; the others are how many solutions a step of each holds.
    """

    start: int
    sft: int
    ppo: int
    grpo: int
    of_sft: int
    of_ppo: int
    of_grpo: int

    @property
    def solutions(self) -> int:
        """What each arm learns from, for each seed."""
        return self.sft * self.of_sft


class Comparing:
    """A comparison that goes on: its runs are made where they are missing."""

    def __init__(self, workspace: Path, run: Run, release: Release, watch: Watch, began: Callable[[Run], None]) -> None:
        told = run.configuration
        assert isinstance(told, CompareConfiguration)
        self.told = told
        self.workspace = workspace
        self.run = run
        self.name = run.record.name
        self.release = release
        self.watch = watch
        self.began = began
        stages = run.folder / _STAGES_NAME
        self.file = stages if stages.exists() else None
        self.base = run.record.base
        if self.base == TINY:
            self.base = tiny.made_once(run.folder / "base", release, 0)
        self.budget = budget(told.arms, run.record.recipe, self.file, release)

    def arm(self, name: ArmName, above: tuple[Trained, ...]) -> tuple[Trained, ...]:
        """An arm, trained with every seed and evaluated against the arm above with the same seed; the base once."""
        if name == "base":
            return (Trained(seed=0, run=None, evaluation=self.evaluated("base", self.base, above[:1])),)
        seeds = range(self.told.seeds)
        return tuple(self.trained(name, seed, above[seed : seed + 1] or above[:1]) for seed in seeds)

    def trained(self, name: ArmName, seed: int, above: tuple[Trained, ...]) -> Trained:
        """An arm, trained with one seed and evaluated."""
        told = self.budget
        if name in _BY_REINFORCEMENT:
            scorers = ("prm",) if name == "ppo-prm" else ("prm", "backprm")
            start = self.stage("sft", "start", seed, self.base, max_steps=told.start, **_ROWS_APART)
            rewards = {kind: str(self.stage(cast(Stage, kind), kind, seed, str(start))) for kind in scorers}
            stage: Stage = "grpo" if name == "grpo-both" else "ppo"
            steps, each = (told.grpo, told.of_grpo) if stage == "grpo" else (told.ppo, told.of_ppo)
            model = self.stage(stage, name, seed, str(start), rewards, max_steps=steps)
            before, learned = told.start, ablation.tokens(start.parent, told.start * told.of_sft)
        else:
            steps, each, before, learned = told.sft, told.of_sft, 0, 0
            shares: dict[str, Any] = _FORWARD_ONLY if name == "sft-forward" else {}
            model = self.stage("sft", name, seed, self.base, max_steps=steps, **_ROWS_APART, **shares)
        run = record(self.workspace, model.parent.name)
        return Trained(
            seed=seed,
            run=run.name,
            evaluation=self.evaluated(f"{name}-seed{seed}", str(model), above),
            steps=before + steps,
            solutions=before * told.of_sft + steps * each,
            tokens=learned + ablation.tokens(model.parent, steps * each),
            seconds_a_step=run.seconds_a_step,
            peak_memory=run.peak_memory,
            reward=ablation.reward(model.parent),
        )

    def stage(
        self, stage: Stage, label: str, seed: int, base: str, rewards: Mapping[str, str] | None = None, **flags: Any
    ) -> Path:
        """The model of a training, which is done where it is not done yet."""
        name = f"{self.name}-{label}-seed{seed}"
        state = self.state(name)
        if state == "done":
            pass
        elif state is not None:
            train(self.workspace, stage, watch=self.watch, resume=name, began=self.began)
        else:
            train(
                self.workspace,
                stage,
                watch=self.watch,
                base=base,
                version=self.release.version,
                recipe=self.run.record.recipe,
                file=self.file,
                flags={"seed": seed, **flags},
                rewards=rewards,
                name=name,
                within=self.name,
                began=self.began,
            )
        return self.workspace / "runs" / name / "model"

    def evaluated(self, label: str, model: str, above: tuple[Trained, ...]) -> str:
        """The name of the evaluation of a model, which is done where it is not done yet."""
        name = f"{self.name}-{label}-evaluate"
        state = self.state(name)
        if state != "done":
            told = self.told.model_dump(include={"on", "limit", "max_tokens", "batch_size"})
            configuration = EvaluationConfiguration(**told, release=self.release.version)
            evaluation.evaluate(
                self.workspace,
                configuration,
                model=model,
                watch=self.watch,
                against=[each.evaluation for each in above],
                name=name,
                resume=state is not None,
                within=self.name,
                began=lambda run, _: self.began(run),
            )
        return name

    def state(self, name: str) -> str | None:
        """How far a run is; None where it is not begun, or was killed before it had a record."""
        folder = self.workspace / "runs" / name
        if (folder / RECORD_NAME).exists():
            return record(self.workspace, name).state
        shutil.rmtree(folder, ignore_errors=True)
        return None


def compare(
    workspace: Path,
    *,
    watch: Watch,
    base: str | None = None,
    version: str | None = None,
    recipe: str | None = None,
    file: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    name: str | None = None,
    resume: str | None = None,
    began: Callable[[Run], None] = lambda run: None,
) -> Ablation:
    """Train and evaluate every arm, and write the table into `compare.json` of a run of the stage `compare`.

    What is left out is as in `stages.train`, but that `base` is never a fine-tuned run of before. With `resume`, all of
    it is as the run of that name was begun with. `began` is told of each run. Raises TrainingError, and CurationError
    where the release is missing or damaged; what is done is kept.
    """
    if processes().num_processes > 1:
        raise RunError("a comparison runs in one process; nothing was done")
    if resume is not None:
        before = record(workspace, resume)
        base, version, recipe = before.base, before.release, before.recipe
        folder = workspace / "runs" / resume
        configuration = read(CompareConfiguration, "compare", None, folder / CONFIGURATION_NAME, {})
    else:
        base = base or base_model(recipe, file)
        configuration = read(CompareConfiguration, "compare", None, file, flags or {})
    if base is None:
        raise ModelError("which model? Nothing was trained. Next: --model PATH, or --recipe tiny, which makes its own")
    release = Release(workspace, version)
    if resume is None:
        _check(configuration, recipe, file, release)
    with running(
        workspace,
        "compare",
        configuration,
        base=base,
        recipe=recipe,
        release=release.version,
        manifest_sha256=release.manifest_sha256,
        name=resume or name,
        resume=resume is not None,
    ) as run:
        began(run)
        if file is not None and resume is None:
            shutil.copyfile(file, run.folder / _STAGES_NAME)
        comparing = Comparing(workspace, run, release, watch, began)
        trained: dict[ArmName, tuple[Trained, ...]] = {}
        above: tuple[Trained, ...] = ()
        for arm in configuration.arms:
            trained[arm] = above = comparing.arm(arm, above)
        found = Ablation(
            run=run.record.name,
            model=base,
            recipe=recipe,
            release=release.version,
            seeds=tuple(range(configuration.seeds)),
            solutions=comparing.budget.solutions,
            arms=ablation.arms(workspace, trained),
        )
        part = run.folder / f"{COMPARISON_NAME}.part"
        part.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
        part.replace(run.folder / COMPARISON_NAME)
    return found


def _check(configuration: CompareConfiguration, recipe: str | None, file: Path | None, release: Release) -> None:
    """Raise TrainingError for what would end the comparison later, before there is a run."""
    budget(configuration.arms, recipe, file, release)
    for each in configuration.on:
        if not load(each, release).questions:
            raise EvaluationError(f"set {each} has no questions that a model is asked; nothing was trained")


def budget(arms: tuple[ArmName, ...], recipe: str | None, file: Path | None, release: Release) -> Budget:
    """The budget that the stages' configurations make: the steps of SFT, and behind them those of PPO.

    Raises ConfigurationError where a configuration cannot be read.
    """
    sft = read(SftConfiguration, "sft", recipe, file, _ROWS_APART)
    ppo = read(PpoConfiguration, "ppo", recipe, file, {})
    grpo = read(GrpoConfiguration, "grpo", recipe, file, {})
    of_sft, of_grpo = (each.batch_size * each.accumulate for each in (sft, grpo))
    of_ppo = ppo.batch_size // ppo.mini_batches
    rows, tasks = (
        sum(count.rows for count in release.manifest.counts if (count.config, count.split) == (config, "train"))
        for config in ("sft", "rl")
    )
    start = sft.max_steps if sft.max_steps > 0 else ceil(sft.epochs * min(rows, sft.max_rows or rows) / of_sft)
    of_rollout = ppo.mini_batches * ppo.rollout_epochs
    epochs = ceil(ppo.epochs * ceil(min(tasks, ppo.max_rows or tasks) / ppo.batch_size) * of_rollout)
    steps = ppo.max_steps if ppo.max_steps > 0 else epochs
    behind = steps * of_ppo if any(arm in _BY_REINFORCEMENT for arm in arms) else 0
    return Budget(
        start=start,
        sft=start + round(behind / of_sft),
        ppo=steps,
        grpo=max(1, round(steps * of_ppo / of_grpo)),
        of_sft=of_sft,
        of_ppo=of_ppo,
        of_grpo=of_grpo,
    )
