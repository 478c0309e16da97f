"""A worker process: a function and rows of text in, rows of text out, over a pipe that only the two of them hold.

Pools of processes that share a queue are stuck for good where one of them is killed while it holds the queue's lock or
has written half an answer, as the kernel does when memory runs out. With a pipe of its own, the death of a worker ends
its pipe, in the middle of a message too, and its caller hears of it at once.
"""

import gc
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext

from generation.pipeline import RARE_COLLECTIONS

MEMORY_LIMIT = 2 << 30
"""Bytes of memory that a worker may take."""

Work = Callable[[str], str]
"""What a worker does with one row: a function of a module, since its name is what travels."""


class WorkerError(RuntimeError):
    """A worker ended, or what it was to do raised an error."""


class Worker:
    """One process that works on the rows of one caller at a time."""

    def __init__(self, context: ForkServerContext) -> None:
        self._pipe, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(far_end,), daemon=True)
        self._process.start()
        far_end.close()  # the worker has the only other one: it is closed when the worker ends

    def ask(self, work: Work, rows: list[str], limit: float) -> list[str]:
        """The results in the order of the rows.

        Raises TimeoutError after `limit` seconds, and WorkerError where the worker ended or an error was raised there.
        """
        answer: list[str] | str | None = None
        try:
            self._pipe.send((work, rows))
            if self._pipe.poll(limit):
                answer = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            raise WorkerError(f"its worker ended with code {self._process.exitcode}") from None
        if answer is None:
            raise TimeoutError
        if isinstance(answer, str):
            raise WorkerError(answer)
        return answer

    def kill(self) -> None:
        """End it now, whatever it does; a caller that waits for it gets a WorkerError."""
        self._process.kill()

    def close(self) -> None:
        """Let it end by itself, between two calls, and wait until it has."""
        self._pipe.close()
        self._process.join()


def _serve(pipe: Connection) -> None:
    """The worker's side, until its caller is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run to answer: it lets what is in flight finish
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    gc.freeze()
    gc.set_threshold(*RARE_COLLECTIONS)
    while True:
        try:
            work, rows = pipe.recv()
        except EOFError:
            return
        answer: list[str] | str
        try:
            answer = [work(row) for row in rows]
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"[:300]
        try:
            pipe.send(answer)
        except ConnectionError:
            return
