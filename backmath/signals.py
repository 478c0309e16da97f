"""Ctrl-C and SIGTERM during long work: the first one asks it to stop, the second one ends it at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from generation import worker

_AT_ONCE = b"\nbackmath: stopped at once; what was written before is kept. Next: the same command goes on from there\n"


@contextmanager
def asking_to_stop(ask: Callable[[], None]) -> Iterator[None]:
    """Call `ask` on the first SIGINT or SIGTERM within the block; on the second, end the workers and the process.

    torchrun sends its processes once more what the terminal sent them already, and kills them after 30 seconds, so that
    among them a second one is nothing new.
    """
    asked = False
    among_others = "TORCHELASTIC_RUN_ID" in os.environ

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked and among_others:
            return
        if asked:
            worker.kill_all()
            os.write(2, _AT_ONCE)  # print may be what was interrupted
            os._exit(1)
        asked = True
        ask()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
