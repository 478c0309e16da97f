"""The commands of `backmath train`."""

import typer

from backmath.train import backprm, compare, grpo, ppo, prm, sft

app = typer.Typer(help="Train models on a release.", rich_markup_mode="markdown")
for name, command, example in (
    ("sft", sft.sft, sft.EXAMPLE),
    ("prm", prm.prm, prm.EXAMPLE),
    ("backprm", backprm.backprm, backprm.EXAMPLE),
    ("ppo", ppo.ppo, ppo.EXAMPLE),
    ("grpo", grpo.grpo, grpo.EXAMPLE),
    ("compare", compare.compare, compare.EXAMPLE),
):
    app.command(name, epilog=f"Example: {example}")(command)
