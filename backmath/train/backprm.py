"""`backmath train backprm`: a process reward model."""

from typing import Any

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.train.flags import with_flags
from backmath.train.options import Config, Model, Name, Recipe, Release, Resume
from backmath.train.work import train
from training.configurations.process_reward import ProcessRewardConfiguration

EXAMPLE = "backmath train backprm --recipe tiny"


@with_flags(ProcessRewardConfiguration)
def backprm(
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
    """Train a backward process reward model: P(correct) of a backward question, as step 0, and of each step behind it.

    Learns from the release's `backprm` rows. Rows longer than max_length are left out, and counted.
    """
    train(
        "backprm",
        model=model,
        release=release,
        recipe=recipe,
        config=config,
        name=run,
        resume=resume,
        flags=flags,
        workspace=workspace,
    )
