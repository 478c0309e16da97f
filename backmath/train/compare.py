"""`backmath train compare`: what each part of the training brings, on the same budget."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.errors import CommandError
from backmath.looking import Looking
from backmath.quiet import quiet
from backmath.signals import asking_to_stop
from backmath.terminal import console, data, heading, print_json, times
from backmath.train.flags import with_flags
from backmath.train.options import Config, Name, Recipe, Release
from schemas.ablation import Ablation, Arm, Trained
from training.configurations.compare import CompareConfiguration

if TYPE_CHECKING:
    from training.runs import Run

EXAMPLE = "backmath train compare --recipe tiny --seeds 2"

Model = Annotated[
    str | None,
    typer.Option(metavar="MODEL", help="Model that all arms begin with: as in `train sft`; left out, the recipe's."),
]
Resume = Annotated[str | None, typer.Option(metavar="RUN", help="Go on with this comparison; what is done stays.")]


@with_flags(CompareConfiguration)
def compare(
    flags: dict[str, Any],
    model: Model = None,
    release: Release = None,
    recipe: Recipe = None,
    config: Config = None,
    run: Name = None,
    resume: Resume = None,
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Train a model in each way, from the base to PPO with PRM and BackPRM, and say what each is worth.

    Every arm learns from as many solutions, with every seed, and is asked the same questions. Each training and each
    evaluation is a run of its own, and none that is done is done again.
    """
    from training import extra
    from training.errors import StoppedError

    extra.require()
    quiet()
    from training import compare as comparison

    looking = Looking()
    out = console()
    begun: list[str] = []

    def began(run: "Run") -> None:
        begun.append(run.record.name)
        looking.newest.clear()
        if not json:
            out.print(data(f"{run.record.name}: {run.record.stage} of {run.record.base}"), soft_wrap=True)

    try:
        with asking_to_stop(looking.stop), looking.bar:
            found = comparison.compare(
                workspace,
                watch=looking,
                base=model,
                version=release,
                recipe=recipe,
                file=config,
                flags=flags,
                name=run,
                resume=resume,
                began=began,
            )
    except StoppedError as error:
        line = f"backmath train compare --resume {begun[0]}"
        raise CommandError(f"{error}; what is done is kept. Next: {within(line, workspace)}") from error
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(found)


def _print(found: Ablation) -> None:
    """What the arms took, and a table for each kind of question."""
    out = console()
    out.print(heading(f"{times(found.solutions, 'solution')} for each arm and seed"))
    out.print(_trainings(found))
    for set_, kind in dict.fromkeys((each.set, each.kind) for arm in found.arms for each in arm.results):
        out.print(heading(f"{set_}, {kind}"))
        out.print(_accuracies(found, set_, kind))
    out.print(
        "\nShares right, the mean over seeds, with 95% intervals by bootstrap over problems; undecided is not right. "
        "Differences are to the row above, question by question; p by permutation, Holm's over the tables."
    )


def _trainings(found: Ablation) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("arm", no_wrap=True)
    for name in ("seed", "steps", "tokens", "s a step", "memory", "reward"):
        table.add_column(name, justify="right", no_wrap=True)
    for arm in found.arms:
        for each in arm.trained:
            if each.run is not None:
                table.add_row(arm.name, str(each.seed), *_taken(each))
    return table


def _taken(each: Trained) -> tuple[str, ...]:
    reward = f"{each.reward[0]:.2f} → {each.reward[1]:.2f}" if each.reward else ""
    return (
        f"{each.steps:,}",
        f"{each.tokens:,}",
        f"{each.seconds_a_step:.3g}" if each.seconds_a_step is not None else "",
        f"{each.peak_memory / 2**30:,.1f} GiB" if each.peak_memory is not None else "",
        reward,
    )


def _accuracies(found: Ablation, set_: str, kind: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("arm", no_wrap=True)
    for name in ("right", "95%", "seeds", "to the row above", "p, Holm"):
        table.add_column(name, justify="right", no_wrap=name != "seeds")
    for arm in found.arms:
        table.add_row(arm.name, *_row(arm, set_, kind))
    return table


def _row(arm: Arm, set_: str, kind: str) -> tuple[str, ...]:
    each = next(result for result in arm.results if (result.set, result.kind) == (set_, kind))
    right = each.accuracy
    seeds = " ".join(f"{value:.1%}" for value in each.of_seeds)
    row = (f"{right.value:.1%}", f"{right.low:.1%} to {right.high:.1%}", seeds)
    if each.difference is None:
        return row
    by = each.difference
    difference = f"{by.value:+.1%} ({by.low:+.1%} to {by.high:+.1%})"
    return (*row, difference, f"{each.adjusted_p_value:.2g}")
