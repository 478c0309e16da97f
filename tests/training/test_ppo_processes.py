"""PPO in two processes that are really two, and killed in the middle of a rollout."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.training.test_ppo import losses, trained
from training.watch import Unwatched

ROOT = Path(__file__).parents[2]
SURE = {
    # At so low a temperature the likeliest token is drawn, so that two processes say what one says.
    "temperature": 0.02,
    "critic": "shared",
    "mini_batches": 1,
    "max_steps": 4,
    "batch_size": 16,
    "learning_rate": 2e-4,
}
SCRIPT = """
import sys
from pathlib import Path

import torch

from tests.training.test_ppo import Stopping, trained
from tests.training.test_ppo_processes import SURE
from training.errors import StoppedError

taught, workspace = sys.argv[1], Path(sys.argv[2])
trained(taught, workspace, "sure", **{**SURE, "batch_size": 8})
assert torch.distributed.get_world_size() == 2
trained(taught, workspace, "whole", max_steps=6)
try:
    trained(taught, workspace, "stopped", Stopping(3), max_steps=6)
except StoppedError:
    trained(taught, workspace, "stopped", resume=True, max_steps=6)
"""


def metrics(workspace: Path, name: str) -> list[dict[str, float]]:
    """The lines of a run that tell of steps."""
    lines = (workspace / "runs" / name / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "loss" in line]


@pytest.fixture(scope="module")
def both(taught: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace in which two processes have trained."""
    workspace = tmp_path_factory.mktemp("two")
    (workspace / "script.py").write_text(SCRIPT)
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(workspace / "script.py")]
    done = subprocess.run(
        [sys.executable, *command, taught, str(workspace)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return workspace


def test_two_processes_give_what_one_gives_of_twice_the_batch(both: Path, taught: str, tmp_path: Path) -> None:
    assert json.loads((both / "runs" / "sure" / "run.json").read_text())["processes"] == 2
    trained(taught, tmp_path, "sure", **SURE)
    one, two = metrics(tmp_path, "sure"), metrics(both, "sure")
    assert len(one) == len(two) == 4
    for name in ("loss", "value_loss", "grad_norm", "reward", "right", "kl", "length", "explained_variance"):
        assert [line[name] for line in two if name in line] == pytest.approx(
            [line[name] for line in one if name in line], rel=0.01, abs=1e-3
        ), name
    assert one[0]["value_loss"] > 0.01, "nothing is learned, so that nothing is tested"


def test_two_processes_stopped_within_a_rollout_go_on_with_the_same_losses(both: Path) -> None:
    whole, stopped = metrics(both, "whole"), metrics(both, "stopped")
    assert [line["step"] for line in whole] == [1, 2, 3, 4, 5, 6]
    assert [line["loss"] for line in stopped] == [line["loss"] for line in whole]


class Killing(Unwatched):
    """Kills its process behind a step."""

    def __init__(self, at: int) -> None:
        self.at = at

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        if done == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def test_killed_within_a_rollout_and_resumed_the_losses_are_those_of_an_uninterrupted_run(
    taught: str, tmp_path: Path
) -> None:
    told = {"max_steps": 8, "save_every": 3}
    whole = losses(trained(taught, tmp_path, "whole", **told)[1])
    child = multiprocessing.get_context("fork").Process(
        target=trained, args=(taught, tmp_path, "killed", Killing(5)), kwargs=told
    )
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    _, run = trained(taught, tmp_path, "killed", resume=True, **told)
    assert losses(run) == whole
