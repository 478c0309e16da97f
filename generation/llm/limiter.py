"""Limiter: how many calls are in flight, fewer while the server turns many away."""

import asyncio
from collections import deque
from math import sqrt

TOO_MANY = 0.2
"""The share of calls turned away above which there are too many in flight."""
CLEARLY_TOO_MANY = 0.5
"""The share above which all calls wait for as long as the server asks one to."""
LONGEST_PAUSE_S = 60.0

_LEAST_WINDOW = 20  # calls: a share of fewer says little
_SIGMAS = 2.5  # beyond chance: one call in five turned away at random is no reason to slow down
_SMOOTHING = 1 / 16
_GROWTH, _CLEAN_GROWTH, _STRONGEST = 1.1, 1.25, 0.25
_LONGEST_REST_S = 5.0


class Limiter:
    """At most `limit` calls in flight, from 1 to `ceiling`, where it starts.

    It judges windows of as many calls as there may be in flight, all of them sent since the window began, so that
    each change is judged by what it changed. Where the server turned away (429, 503, 529) more of them than TOO_MANY,
    and more than chance explains, the limit shrinks to the share that went through; else it grows back.
    """

    def __init__(self, ceiling: int) -> None:
        if ceiling < 1:
            raise ValueError("at least one call must be in flight")
        self.ceiling = ceiling
        self.limit = float(ceiling)
        self.in_flight = 0
        self._again: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()
        self._window = 0
        self._ended = 0
        self._rejected = 0
        self._share = 0.0  # of late, smoothed
        self._usual_s = 0.0  # how long an answer takes, smoothed
        self._paused_until = 0.0
        self._ending = False

    async def acquire(self, *, again: bool = False) -> int:
        """Wait for a slot and take it; those who were turned away come before those who were not sent yet.

        Returns the window that the call is sent in, for `release`.
        """
        turn = asyncio.get_running_loop().create_future()
        (self._again if again else self._new).append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was let through and cancelled at the same time
                self._free()
            raise
        return self._window

    def release(
        self,
        window: int,
        *,
        seconds: float | None = None,
        answered: bool = True,
        rejected: bool = False,
        retry_after: float | None = None,
    ) -> None:
        """Give the slot back after a call that took so many seconds, None where it was not sent."""
        if seconds is None:
            self._free()
            return
        self._share += (rejected - self._share) * _SMOOTHING
        if not rejected:
            if answered:
                self._usual_s += (seconds - self._usual_s) * (_SMOOTHING if self._usual_s else 1.0)
            self._count(window, False, None)
            self._free()
            return
        # A rejection comes at once, before the answers to calls that were sent with it: it counts when they do. And
        # were its slot free at once where there are many, the whole queue would be sent and rejected.
        loop, rest_s = asyncio.get_running_loop(), min(self._usual_s, _LONGEST_REST_S)
        loop.call_later(rest_s, self._count, window, True, retry_after)
        if self._share > TOO_MANY:
            loop.call_later(rest_s, self._free)
        else:
            self._free()

    def _count(self, window: int, rejected: bool, retry_after: float | None) -> None:
        if window == self._window:
            self._ended += 1
            self._rejected += rejected
            if self._ended >= max(_LEAST_WINDOW, self.limit):
                self._judge(retry_after)

    def _judge(self, retry_after: float | None) -> None:
        share = self._rejected / self._ended
        if share > TOO_MANY + _SIGMAS * sqrt(TOO_MANY * (1 - TOO_MANY) / self._ended):
            self.limit = max(1.0, self.limit * max(_STRONGEST, 1 - share))
            if retry_after and share > CLEARLY_TOO_MANY:
                self._pause(min(retry_after, LONGEST_PAUSE_S))
        else:
            growth = _GROWTH if self._rejected else _CLEAN_GROWTH
            self.limit = min(float(self.ceiling), max(self.limit + 1, self.limit * growth))
        self._window += 1
        self._ended = self._rejected = 0

    def end(self) -> None:
        """Pause no more: nothing is going to be sent, and those who wait are to learn it as slots come free."""
        self._ending = True
        self._admit()

    def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._paused_until = max(self._paused_until, loop.time() + seconds)
        loop.call_at(self._paused_until, self._admit)

    def _free(self) -> None:
        self.in_flight -= 1
        self._admit()

    def _admit(self) -> None:
        """Let those through who wait, as far as the limit goes."""
        if not self._ending and self._paused_until and asyncio.get_running_loop().time() < self._paused_until:
            return
        while self.in_flight < int(self.limit) and (queue := self._again or self._new):
            turn = queue.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
