"""`backmath evaluate`: what a model can do, with intervals."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backmath.command_line import typed, within
from backmath.config import DEFAULT_WORKSPACE, Debug, Json, Workspace
from backmath.errors import CommandError
from backmath.served_model import Spending, connected
from backmath.terminal import print_json

if TYPE_CHECKING:
    from schemas.evaluation import Evaluation
    from training.configurations.evaluation import EvaluationConfiguration
    from training.evaluation.question_set import QuestionSet
    from training.runs import Run

EXAMPLE = "backmath evaluate --model tiny --on release:test --limit 2 --max-tokens 16"


def evaluate(
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="A folder, a GGUF file, a hub name, a run of this workspace, `tiny`, or the name at --base-url.",
        ),
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET",
            help="gsm8k, math, math500, svamp, asdiv, gsm_hard, aqua, gsm8k_backward, processbench_gsm8k or "
            "processbench_math, from BACKMATH_DATA or the hub; NAME=FILE; release:test. May be given again.",
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option(min=0, max=256, metavar="K", help="Samples of each question beside the greedy answer.")
    ] = 0,
    temperature: Annotated[float, typer.Option(min=0.01, metavar="T", help="Temperature of the samples.")] = 0.7,
    max_tokens: Annotated[
        int, typer.Option(min=1, metavar="N", help="Most tokens of an answer; a longer one is cut off, and counted.")
    ] = 512,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Only N problems of each set, drawn by the seed."),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, metavar="N", help="Questions that a local model answers together.")
    ] = 16,
    release: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Release of `release:` sets, the newest if left out.")
    ] = None,
    prm: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="PRM that chooses among samples, and is tested on ProcessBench."),
    ] = None,
    backprm: Annotated[
        str | None, typer.Option("--backprm", metavar="MODEL", help="BackPRM that chooses among backward samples.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask an OpenAI-compatible server, up to and with /v1. Key: OPENAI_API_KEY."),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Calls to a server in flight; left out, 16.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(min=0, metavar="USD", help="No call is sent that could make the run cost more.")
    ] = None,
    price: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="IN OUT", help="USD for a million tokens in, and out; left out, the known price."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(metavar="RUN", help="Compare with an earlier evaluation. May be given again."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of all that is drawn.")] = 0,
    run: Annotated[
        str | None, typer.Option("--run", metavar="NAME", help="Name of the run, the next free one if left out.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Go on with this run; --against also compares one that is done.")
    ] = None,
    json: Json = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Ask a model the questions of evaluation sets, and say how many it gets right, with 95% intervals.

    Answers are compared exactly: one that cannot be proved equal is not right. All of them are kept in the run's
    `answers.jsonl`, and nothing is asked twice.
    """
    from backmath.evaluation_page import print_evaluation
    from backmath.quiet import quiet
    from training import extra
    from training.configurations.evaluation import EvaluationConfiguration
    from training.evaluation import evaluation
    from training.evaluation.provenance import located

    extra.require()
    quiet()
    if resume is not None and against and evaluation.is_done(workspace, resume):
        found = evaluation.compare(workspace, resume, against)
    else:
        if resume is not None:
            name, configuration = evaluation.begun(workspace, resume)
        else:
            if not on:
                raise CommandError("which set? Nothing was asked. Next: --on gsm8k, or --on release:test")
            name = (model or "") if base_url else located(workspace, model or "")
            configuration = EvaluationConfiguration(
                on=tuple(on),
                release=release or "",
                limit=limit or 0,
                samples=samples,
                temperature=temperature,
                max_tokens=max_tokens,
                batch_size=batch_size,
                base_url=base_url or "",
                prm=located(workspace, prm or ""),
                backprm=located(workspace, backprm or ""),
                seed=seed,
            )
        spending = Spending(concurrency, budget, price)
        found = _evaluated(name, configuration, workspace, run, resume, against or [], spending, quietly=json)
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        print_evaluation(found, workspace)


def _evaluated(
    model: str,
    configuration: "EvaluationConfiguration",
    workspace: Path,
    name: str | None,
    resume: str | None,
    against: Sequence[str],
    spending: Spending,
    *,
    quietly: bool,
) -> "Evaluation":
    """Evaluate to the end. Raises CommandError, with the line that goes on, where it ended before."""
    from backmath.evaluation_page import announce
    from backmath.looking import Looking
    from generation.llm.errors import ModelError
    from training.errors import EvaluationError, StoppedError
    from training.evaluation import evaluation

    looking = Looking("Asking")
    begun: list[str] = []

    def began(run: "Run", sets: "Sequence[QuestionSet]") -> None:
        begun.append(run.record.name)
        if not quietly:
            announce(run, sets)

    try:
        with connected(model, configuration, workspace, looking, spending) as connect, looking.bar:
            return evaluation.evaluate(
                workspace,
                configuration,
                model=model,
                watch=looking,
                connect=connect,
                against=against,
                name=resume or name,
                resume=resume is not None,
                began=began,
            )
    except (StoppedError, EvaluationError, ModelError) as error:
        if not begun:
            raise
        line = typed("evaluate", resume=begun[0], against=list(against), **spending._asdict())
        raise CommandError(f"{error}; what was answered is kept. Next: {within(line, workspace)}") from error
