"""Problems that take their worker down with them: what the tests of executors put among sound ones."""

import os
import signal
import time

from generation import worker
from generation.executors.local import LocalExecutor, derive_row
from schemas.problem import Problem

DEADLY = "kills the worker that derives it"
HALF_SAID = "kills the worker that has said half of its answer"
ENDLESS = "is never done"


def _half(descriptor: int, message: bytes) -> None:
    """In place of what writes a message to a pipe: the kernel kills where it likes, here in the middle."""
    os.write(descriptor, message[: len(message) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


def faulty_row(row: str) -> str:
    """Runs in the worker."""
    question = Problem.model_validate_json(row).question
    if DEADLY in question:
        os.kill(os.getpid(), signal.SIGKILL)
    if HALF_SAID in question:
        worker._send = _half
    if ENDLESS in question:
        time.sleep(600)
    return derive_row(row)


class FaultyExecutor(LocalExecutor):
    """The local executor, but for the marked problems, which do in the worker what they say."""

    work = staticmethod(faulty_row)
