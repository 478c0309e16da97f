"""`backmath triage`: decide again, by another policy, what is in the store."""

from pathlib import Path
from typing import Annotated

from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace, configured
from backmath.funnel import print_funnel
from backmath.terminal import console, data

EXAMPLE = "backmath triage --policy strict.toml"


def triage(
    policy: Annotated[
        Path | None,
        configured("triage", "policy", metavar="FILE", help="TOML file with the rules that differ from the default."),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    debug: Debug = False,
) -> None:
    """Decide every candidate again by a policy; what people decided stays.

    Decisions are added, never replaced: the store keeps the old ones. A file names a version of its own and the rules
    that differ; without a file the default policy decides. The option can also be set under `[triage]` in the
    workspace's backmath.toml, or as BACKMATH_TRIAGE_POLICY.
    """
    from curation.policy import load
    from curation.problems import count_problems
    from curation.status import status
    from curation.store import Store
    from curation.triage import decide_again

    store = Store(workspace)
    rules = load(policy)
    count_problems(store)  # says so where there is no store, which deciding would make
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
