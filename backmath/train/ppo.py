"""`backmath train ppo`: reinforcement learning with step rewards."""

from typing import Any

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.train.flags import with_flags
from backmath.train.options import BackPrm, Config, Model, Name, Prm, Recipe, Release, Resume, chosen
from backmath.train.work import train
from training.configurations.ppo import PpoConfiguration

EXAMPLE = "backmath train ppo --recipe tiny"


@with_flags(PpoConfiguration)
def ppo(
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
    """Train a policy with PPO, rewarded for each step by the PRM or BackPRM, and for an answer that is proved equal.

    Begins with the newest model of `train sft`. The step rewards of forward rows are the PRM's, those of backward rows
    the BackPRM's. Empty, repeated and endless steps are punished unless the flags say otherwise.
    """
    train(
        "ppo",
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
