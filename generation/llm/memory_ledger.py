"""A ledger that lasts as long as the process, for work without a store."""

from collections.abc import Sequence

from schemas.call import Call


class MemoryLedger:
    """Calls by their id, in the order in which they were sent."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self._replies: dict[str, list[Call]] = {}
        self._spent = 0.0

    async def replies(self, key: str) -> Sequence[Call]:
        """The earlier calls of a request that brought text, the oldest first; an empty text is one too."""
        return tuple(self._replies.get(key, ()))

    def sent(self, call: Call) -> None:
        """Keep a call that goes out now."""
        self.record(call)

    def record(self, call: Call) -> None:
        """Keep what came of a call."""
        before = self.calls.get(call.call_id)
        self._spent += (call.usd or 0.0) - ((before and before.usd) or 0.0)
        self.calls[call.call_id] = call
        if call.text is not None:
            self._replies.setdefault(call.key, []).append(call)

    @property
    def spent(self) -> float:
        """US dollars that all calls cost, those that were lost at the most that they can."""
        return self._spent
