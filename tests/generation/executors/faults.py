"""Problems that take their worker down with them: what the tests of executors put among sound ones."""

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from generation.derive import Strategy, derive
from generation.executors import local
from schemas.derivation import Derivation
from schemas.problem import Problem

DEADLY = "kills the worker that derives it"
ENDLESS = "is never done"


def _faulty(problem: Problem, strategy: Strategy) -> Derivation:
    if DEADLY in problem.question:
        os.kill(os.getpid(), signal.SIGKILL)
    if ENDLESS in problem.question:
        time.sleep(600)
    return derive(problem, strategy)


def _arm() -> Strategy:
    """Runs where the strategy arrives, in the worker."""
    local.derive = _faulty
    return Strategy()


@dataclass(frozen=True)
class Faulty(Strategy):
    """The default strategy, which on its way into a worker makes the marked problems do there what they say."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _arm, ()
