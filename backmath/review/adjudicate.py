"""`backmath review adjudicate`: put before adjudicators what reviewers differ on."""

import threading
from collections import Counter

from backmath.command_line import within
from backmath.config import DEFAULT_WORKSPACE, Debug, Workspace
from backmath.progress import Bar
from backmath.review.connection import ArgillaUrl, connected
from backmath.signals import asking_to_stop
from backmath.terminal import console, data, times
from backmath.work import stopped

EXAMPLE = "backmath review adjudicate"


def adjudicate(argilla_url: ArgillaUrl = None, workspace: Workspace = DEFAULT_WORKSPACE, debug: Debug = False) -> None:
    """Send the candidates on which reviewers differ, or whose correction fails a check, to a second dataset.

    Its workspace is open to adjudicators only. They see what the reviewers said, without names; the adjudicator's word
    stands, and comes with the next `backmath review pull`.
    """
    from curation.problems import count_problems
    from curation.review import items
    from curation.review.adjudication import queue_disagreements
    from curation.review.push import restore, send
    from curation.store import Store

    store = Store(workspace)
    count_problems(store)
    server = connected(workspace, argilla_url)
    with store.running("review push"):
        dataset = server.make_dataset("adjudication", 1)
        restore(store, dataset, "adjudication")
        with store.connect() as connection:
            queue_disagreements(connection)
            left = len(items.unpushed(connection, "adjudication"))
        stop = threading.Event()
        with asking_to_stop(stop.set), Bar("Sending", left, Counter, stop.is_set) as bar:
            sent = send(store, dataset, "adjudication", advance=bar.advance, stopping=stop.is_set)
    out = console()
    if sent < left:
        raise stopped("backmath review adjudicate", workspace, f"stopped after {sent:,} of {left:,} rows")
    if not sent:
        out.print("Reviewers differ on nothing that adjudicators were not asked about.")
        return
    out.print(f"{times(sent, 'disagreement')} sent.")
    out.print(data(f"Adjudicators decide at {server.url}, in the dataset {dataset.name}."), soft_wrap=True)
    out.print(data(f"Next: {within('backmath review pull', workspace)}"), soft_wrap=True)
