"""`backmath triage`: decide again, by another policy or with a BackPRM's scores, what is in the store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from backmath.command_line import typed
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace, configured
from backmath.errors import CommandError
from backmath.funnel import print_funnel
from backmath.signals import asking_to_stop
from backmath.terminal import console, data
from backmath.work import stopped, working
from schemas.check import Outcome
from schemas.decision import Verdict
from schemas.identity import content_id

if TYPE_CHECKING:
    from curation.store import Store

EXAMPLE = "backmath triage --policy strict.toml"


def triage(
    policy: Annotated[
        Path | None,
        configured("triage", "policy", metavar="FILE", help="TOML file with the rules that differ from the default."),
    ] = None,
    backprm: Annotated[
        str | None,
        typer.Option(
            "--backprm", metavar="MODEL", help="First score candidates with this BackPRM: a folder, or a run's name."
        ),
    ] = None,
    decision: Annotated[
        Verdict | None, typer.Option(help="Score only those decided so; left out, all, those in review first.")
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Decide every candidate again by a policy; what people decided stays.

    Decisions are added, never replaced: the store keeps the old ones. A file names a version of its own and the rules
    that differ; without a file the default policy decides. The option can also be set under `[triage]` in the
    workspace's backmath.toml, or as BACKMATH_TRIAGE_POLICY.

    With --backprm, candidates first get the check `backprm`, whose scores also order the review queue. What this model
    has scored is left out, so the same command goes on after an interruption.
    """
    from curation.policy import load
    from curation.problems import count_problems
    from curation.status import status
    from curation.store import Store
    from curation.triage import decide_again

    store = Store(workspace)
    rules = load(policy)
    count_problems(store)  # says so where there is no store, which deciding would make
    if backprm is not None:
        _score(store, backprm, decision, typed("triage", policy=policy, backprm=backprm, decision=decision))
    elif decision is not None:
        raise CommandError("--decision says what a BackPRM scores; nothing was done. Next: --backprm MODEL")
    triaged = decide_again(store, rules)
    out = console()
    out.print(data(f"{triaged.candidates:,} candidates by {rules.full_version}: {triaged.unchanged:,} unchanged"))
    for move, count in triaged.moved.items():
        out.print(f"  {count:,} from {move}")
    if triaged.reworded:
        out.print(f"  {triaged.reworded:,} with other reasons for the same decision")
    if triaged.of_people:
        out.print(f"  {triaged.of_people:,} left as people decided them")
    print_funnel(out, status(store))


def _score(store: "Store", name: str, decision: Verdict | None, line: str) -> None:
    """Add the check `backprm`. Raises CommandError, with the line that goes on, where it was asked to stop."""
    from backmath.looking import Looking
    from backmath.quiet import quiet
    from training import extra

    extra.require()
    quiet()
    from training import backprm_check
    from training.evaluation.provenance import located

    path = located(store.folder, name)
    scorer = backprm_check.load(path)
    model = backprm_check.fingerprint(path)
    looking = Looking("Scoring")
    with working(
        store,
        "triage",
        command_line=line,
        configuration={"backprm": path, "model": model, "decision": decision},
        fingerprint=content_id("backprm", model, decision or ""),
    ) as work:

        def stop() -> None:
            work.stop.set()
            looking.stop()

        with asking_to_stop(stop), looking.bar:
            found = backprm_check.score(store, work.run.run_id, scorer, model, decision, looking)
    counts = ", ".join(f"{found[outcome]:,} {outcome}" for outcome in get_args(Outcome))
    console().print(data(f"{found.total():,} candidates scored by BackPRM {model}: {counts}"))
    if work.run.status == "interrupted":
        raise stopped(line, store.folder)
