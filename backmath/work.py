"""One piece of long work in a workspace: alone of its kind, recorded as a run, and ending well when asked to stop."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from backmath.command_line import within
from backmath.errors import CommandError
from backmath.signals import asking_to_stop
from curation.errors import CurationError

if TYPE_CHECKING:
    from curation.runs import Run
    from curation.store import Store


@dataclass
class Work:
    """The run that the work is recorded as, finished once the work has ended, and the event that asks it to stop."""

    run: "Run"
    stop: asyncio.Event


@contextmanager
def working(
    store: "Store", command: str, *, command_line: str, configuration: Mapping[str, object], fingerprint: str
) -> Iterator[Work]:
    """Record the block as a run of `command`: done, interrupted where `stop` was set, failed where it raises.

    Raises AlreadyRunningError where such a run goes on in the workspace.
    """
    from curation import runs

    with store.running(command):
        run = runs.begin(
            store,
            command,
            command_line=command_line,
            configuration=configuration,
            fingerprint=fingerprint,
            code_version=version("backmath"),
        )
        stop = asyncio.Event()
        work = Work(run, stop)
        try:
            with asking_to_stop(stop.set):
                yield work
        except BaseException:
            with suppress(CurationError):  # a full disk takes this neither; the next run of the kind mends it
                runs.finish(store, run.run_id, "failed")
            raise
        work.run = runs.finish(store, run.run_id, "interrupted" if stop.is_set() else "done")


def stopped(command_line: str, workspace: Path, ended: str = "stopped") -> CommandError:
    """What is said of work that ended early."""
    return CommandError(f"{ended}; what was finished is written. Next: {within(command_line, workspace)}")
