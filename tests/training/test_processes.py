"""Training in two processes that are really two, and in one that is killed."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from tests.training import test_grpo, test_ppo, test_sft
from tests.training.two_processes import GROUPS, SURE
from training import runs, stages
from training.watch import Unwatched

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def both(workspace: Path, base: str, taught: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which two processes have trained by PPO and GRPO; they have fine-tuned in the workspace."""
    folder = tmp_path_factory.mktemp("two")
    command = ["torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "tests.training.two_processes"]
    done = subprocess.run(
        [sys.executable, "-m", *command, workspace, base, taught, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def alone(workspace: Path, base: str) -> dict[int, float]:
    """The losses of fine-tuning in one process from its begin to its end."""
    return test_sft.losses(workspace, test_sft.train(workspace, base).record.name)


def metrics(workspace: Path, name: str) -> list[dict[str, float]]:
    """The lines of a run that tell of steps."""
    lines = (workspace / "runs" / name / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "loss" in line]


class Killing(Unwatched):
    """Kills its process behind a step."""

    def __init__(self, at: int) -> None:
        self.at = at

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        if done == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def killed(target: Callable[..., object], *arguments: Any, **told: Any) -> None:
    """Call the function in a process of its own, which kills itself."""
    child = multiprocessing.get_context("fork").Process(target=target, args=arguments, kwargs=told)
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.usefixtures("both")
def test_two_processes_fine_tune_as_one_does(workspace: Path, alone: dict[int, float]) -> None:
    assert runs.record(workspace, "two").processes == 2
    two = test_sft.losses(workspace, "two")
    assert two.keys() == alone.keys()
    assert two == pytest.approx(alone, rel=0.05)


def test_two_processes_give_by_ppo_what_one_gives_of_twice_the_batch(both: Path, taught: str, tmp_path: Path) -> None:
    assert runs.record(both, "sure").processes == 2
    test_ppo.trained(taught, tmp_path, "sure", **SURE)
    one, two = metrics(tmp_path, "sure"), metrics(both, "sure")
    assert len(one) == len(two) == 4
    for name in ("loss", "value_loss", "grad_norm", "reward", "right", "kl", "length", "explained_variance"):
        assert [line[name] for line in two if name in line] == pytest.approx(
            [line[name] for line in one if name in line], rel=0.01, abs=1e-3
        ), name
    assert one[0]["value_loss"] > 0.01, "nothing is learned, so that nothing is tested"


def test_two_processes_stopped_within_a_rollout_of_ppo_go_on_with_the_same_losses(both: Path) -> None:
    whole, stopped = metrics(both, "whole"), metrics(both, "stopped")
    assert [line["step"] for line in whole] == [1, 2, 3, 4, 5, 6]
    assert [line["loss"] for line in stopped] == [line["loss"] for line in whole]


def test_two_processes_learn_by_grpo_what_one_does(both: Path, taught: str, tmp_path: Path) -> None:
    assert runs.record(both, "toy").processes == 2
    assert (both / "weights-0").read_text() == (both / "weights-1").read_text()
    one = test_grpo.lines(test_grpo.trained(tmp_path, taught, **GROUPS))
    two = [json.loads(line) for line in (both / "runs" / "toy" / "metrics.jsonl").read_text().splitlines()]
    for name in ("eval_reward", "eval_right", "eval_steps", "eval_length"):
        assert two[0][name] == pytest.approx(one[0][name])
    for name, near in (("reward", 0.5), ("steps", 0.5), ("length", 3), ("right", 0.25), ("num_tokens", 500)):
        there = fmean(line[name] for line in two if "reward" in line)
        assert there == pytest.approx(fmean(line[name] for line in one if "reward" in line), abs=near), name


def test_killed_fine_tuning_goes_on_with_the_losses_of_a_run_that_was_not(
    workspace: Path, base: str, alone: dict[int, float]
) -> None:
    told = {"base": base, "flags": test_sft.FLAGS, "name": "killed"}
    killed(stages.train, workspace, "sft", watch=Killing(5), **told)
    folder = workspace / "runs" / "killed"
    assert runs.record(workspace, "killed").state == "running"
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 5, "lo')  # as a kill within a write leaves it
    (folder / "checkpoints" / "checkpoint-5").mkdir()
    run = stages.train(workspace, "sft", watch=Unwatched(), resume="killed")
    assert run.record.state == "done"
    assert test_sft.losses(workspace, "killed") == alone


def test_killed_within_a_rollout_of_ppo_and_resumed_the_losses_are_those_of_a_run_that_was_not(
    taught: str, tmp_path: Path
) -> None:
    told = {"max_steps": 8, "save_every": 3}
    whole = test_ppo.losses(test_ppo.trained(taught, tmp_path, "whole", **told)[1])
    killed(test_ppo.trained, taught, tmp_path, "killed", Killing(5), **told)
    _, run = test_ppo.trained(taught, tmp_path, "killed", resume=True, **told)
    assert test_ppo.losses(run) == whole
