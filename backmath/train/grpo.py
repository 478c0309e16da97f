"""`backmath train grpo`: reinforcement learning with step rewards."""

from typing import Any

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.train.flags import with_flags
from backmath.train.options import BackPrm, Config, Model, Name, Prm, Recipe, Release, Resume, chosen
from backmath.train.work import train
from training.configurations.grpo import GrpoConfiguration

EXAMPLE = "backmath train grpo --recipe tiny"


@with_flags(GrpoConfiguration)
def grpo(
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
    """Train a policy with GRPO: the rewards of `train ppo`, compared within groups of completions, without a critic.

    Begins with the newest model of `train sft`. Cheaper than PPO in memory: no critic is kept.
    """
    train(
        "grpo",
        model=model,
        release=release,
        recipe=recipe,
        config=config,
        name=run,
        resume=resume,
        flags=flags,
        workspace=workspace,
        rewards=chosen(prm, backprm),
    )
