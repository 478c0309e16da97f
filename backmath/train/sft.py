"""`backmath train sft`: supervised fine-tuning."""

from typing import Any

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.train.flags import with_flags
from backmath.train.options import Config, Model, Name, Recipe, Release, Resume
from backmath.train.work import train
from training.configurations.sft import SftConfiguration

EXAMPLE = "backmath train sft --recipe tiny"


@with_flags(SftConfiguration)
def sft(
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
    """Fine-tune a model on solutions: forward, backward, and posing the backward question.

    Only what the assistant says is learned. Rows longer than max_length are left out, and counted.
    """
    train(
        "sft",
        model=model,
        release=release,
        recipe=recipe,
        config=config,
        name=run,
        resume=resume,
        flags=flags,
        workspace=workspace,
    )
