"""The commands of `backmath train`."""

import typer

from backmath.train import compare
from backmath.train.stage import learning, rewarded

_SFT = """Fine-tune a model on solutions: forward, backward, and posing the backward question.

    Only what the assistant says is learned. Rows longer than max_length are left out, and counted.
    """
_PRM = """Train a process reward model: P(correct) of each step of a forward solution.

    Learns from the release's `prm` rows. Rows longer than max_length are left out, and counted.
    """
_BACKPRM = """Train a backward process reward model: P(correct) of a backward question, its step 0, and of each step.

    Learns from the release's `backprm` rows. Rows longer than max_length are left out, and counted.
    """
_PPO = """Train a policy with PPO, rewarded for each step by the PRM or BackPRM, and for an answer that is proved equal.

    Begins with the newest model of `train sft`. The step rewards of forward rows are the PRM's, those of backward rows
    the BackPRM's. Empty, repeated and endless steps are punished unless the flags say otherwise.
    """
_GRPO = """Train a policy with GRPO: the rewards of `train ppo`, compared within groups of completions, with no critic.

    Begins with the newest model of `train sft`. Cheaper than PPO in memory: no critic is kept.
    """

app = typer.Typer(help="Train models on a release.", rich_markup_mode="markdown")
for name, command, example in (
    ("sft", learning("sft", _SFT), "backmath train sft --recipe tiny"),
    ("prm", learning("prm", _PRM), "backmath train prm --recipe tiny"),
    ("backprm", learning("backprm", _BACKPRM), "backmath train backprm --recipe tiny"),
    ("ppo", rewarded("ppo", _PPO), "backmath train ppo --recipe tiny"),
    ("grpo", rewarded("grpo", _GRPO), "backmath train grpo --recipe tiny"),
    ("compare", compare.compare, compare.EXAMPLE),
):
    app.command(name, epilog=f"Example: {example}")(command)
