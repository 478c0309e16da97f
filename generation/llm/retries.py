"""Retries: how long to wait before a failed call is sent again, and when to give it up."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite

from generation.llm.errors import CallFailedError, UnreachableError

MOST_RETRIES = 5
"""After server errors, broken connections, time-outs and malformed bodies."""
PATIENCE_S = 600.0
"""How long a call that is turned away for load is sent again."""
SILENCE_S = 60.0
"""How long nothing at all may answer."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0

_LEAST_TRIES = 3
_NEVER_HEARD_S = 1.0
_GIVEN_UP_IN_SILENCE = 3  # calls: one or two may each be at fault themselves


@dataclass
class Pulse:
    """When the server was last heard of, in seconds of the monotonic clock; all calls of a client share it."""

    address: str
    answered_at: float | None = None  # any reply but that it has too much to do
    heard_at: float | None = None  # any reply at all
    given_up: int = 0  # calls that were given up since it was last heard

    def heard(self, *, overloaded: bool) -> None:
        """There was a reply."""
        self.heard_at = time.monotonic()
        self.given_up = 0
        if not overloaded:
            self.answered_at = self.heard_at


@dataclass
class Retries:
    """The failed tries of one request."""

    pulse: Pulse
    faults: int = 0
    first_fault_at: float = 0.0
    last_fault_at: float = 0.0
    overloads: int = 0
    overloaded_at: float = 0.0

    def after_overload(self, reason: str, retry_after: float | None) -> float:
        """Seconds to wait after 429, 503 or 529; raises as `after_fault` does once the patience is over."""
        now = time.monotonic()
        if not self.overloads:
            self.overloaded_at = now
        self.overloads += 1
        wait = self._wait(self.overloads, retry_after)
        if now + wait - self.overloaded_at > PATIENCE_S:
            if (self.pulse.answered_at or 0.0) <= self.overloaded_at:
                raise UnreachableError(
                    f"{self.pulse.address} has turned every call away for {now - self.overloaded_at:.0f} s, or asks "
                    f"to wait longer than that ({reason}); go on later, or with a lower --concurrency"
                )
            raise CallFailedError(f"turned away for {now - self.overloaded_at:.0f} s: {reason}", paid=False)
        return wait

    def after_fault(self, reason: str, retry_after: float | None, *, connected: bool) -> float:
        """Seconds to wait after any other failure. `connected` says whether the server was reached at all.

        Raises CallFailedError once there were too many, and UnreachableError where it is not this call's own fault:
        no connection could be made for SILENCE_S, or several calls came to nothing and no other did better.
        """
        now, heard_at = time.monotonic(), self.pulse.heard_at
        silent = heard_at is None or heard_at <= self.last_fault_at  # since then no call had a reply
        self.faults += 1
        self.first_fault_at = self.first_fault_at or now
        self.last_fault_at = now
        if silent and not connected:
            silent_s = now - max(heard_at or 0.0, self.first_fault_at)
            if self.faults >= _LEAST_TRIES and silent_s >= (SILENCE_S if heard_at else _NEVER_HEARD_S):
                raise self._unreachable(reason)
        elif self.faults > MOST_RETRIES:
            self.pulse.given_up += 1
            if silent and self.pulse.given_up >= _GIVEN_UP_IN_SILENCE:
                raise self._unreachable(reason)
            raise CallFailedError(f"failed {self.faults} times: {reason}", paid=False)
        return self._wait(self.faults, retry_after)

    def _unreachable(self, reason: str) -> UnreachableError:
        return UnreachableError(
            f"nothing answers at {self.pulse.address} ({reason}); check --base-url and that the server runs, and go on"
        )

    def _wait(self, tries: int, retry_after: float | None) -> float:
        backoff: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1))
        backoff *= random.uniform(0.5, 1.0)
        return backoff if retry_after is None else retry_after + backoff / 10


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a reply's headers ask to wait, None where they ask nothing that can be understood."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            seconds = float(milliseconds) / 1_000
        elif (value := headers.get("retry-after")) is None:
            return None
        elif value.strip().replace(".", "", 1).isdecimal():
            seconds = float(value)
        else:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if isfinite(seconds) else None
