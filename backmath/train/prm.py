"""`backmath train prm`: a process reward model."""

from typing import Any

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.train.flags import with_flags
from backmath.train.options import Config, Model, Name, Recipe, Release, Resume
from backmath.train.work import train
from training.configurations.process_reward import ProcessRewardConfiguration

EXAMPLE = "backmath train prm --recipe tiny"


@with_flags(ProcessRewardConfiguration)
def prm(
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
    """Train a process reward model: P(correct) of each step of a forward solution.

    Learns from the release's `prm` rows. Rows longer than max_length are left out, and counted.
    """
    train(
        "prm",
        model=model,
        release=release,
        recipe=recipe,
        config=config,
        name=run,
        resume=resume,
        flags=flags,
        workspace=workspace,
    )
