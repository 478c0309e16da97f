"""Wrong passwords: a few at once, then one every few seconds, whoever they come from."""

import math
import time

AT_ONCE = 5
PAUSE_S = 3.0
LONGEST_PAUSE_S = 30.0
"""Nobody can lock the others out for longer than this by guessing."""


class FailedLogins:
    """How long log-in is closed. Each failure costs `PAUSE_S`, and `AT_ONCE` of them are on credit."""

    def __init__(self) -> None:
        self._paid_at = 0.0

    def count(self) -> None:
        """Tell of a wrong password."""
        now = time.monotonic()
        self._paid_at = min(max(now, self._paid_at) + PAUSE_S, now + (AT_ONCE - 1) * PAUSE_S + LONGEST_PAUSE_S)

    def wait_s(self) -> int:
        """Whole seconds until the next try; 0 where one may be made now."""
        return max(0, math.ceil(self._paid_at - time.monotonic() - (AT_ONCE - 1) * PAUSE_S))
