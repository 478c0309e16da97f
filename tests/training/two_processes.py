"""What two processes train together, one behind the other: fine-tuning, PPO and GRPO. torchrun runs it."""

import sys
from pathlib import Path

from tests.training import test_grpo, test_ppo, test_sft
from training.errors import StoppedError
from training.processes import processes

SURE = {
    # At so low a temperature the likeliest token is drawn, so that two processes say what one says.
    "temperature": 0.02,
    "critic": "shared",
    "mini_batches": 1,
    "max_steps": 4,
    "batch_size": 16,
    "learning_rate": 2e-4,
}
GROUPS = {"batch_size": 32, "group": 4, "max_steps": 3, "learning_rate": 1e-3}


def train(workspace: Path, base: str, taught: str, folder: Path) -> None:
    """Runs `two` of sft in the workspace; `sure`, `whole` and `stopped` of PPO, and `toy` of GRPO, in the folder."""
    assert processes().num_processes == 2
    test_sft.train(workspace, base, name="two", batch_size=test_sft.FLAGS["batch_size"] // 2)
    test_ppo.trained(taught, folder, "sure", **{**SURE, "batch_size": SURE["batch_size"] // 2})
    test_ppo.trained(taught, folder, "whole", max_steps=6)
    try:
        test_ppo.trained(taught, folder, "stopped", test_ppo.Stopping(3), max_steps=6)
    except StoppedError:
        test_ppo.trained(taught, folder, "stopped", resume=True, max_steps=6)
    test_grpo.trained(folder, taught, **{**GROUPS, "batch_size": GROUPS["batch_size"] // 2})


if __name__ == "__main__":
    train(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
