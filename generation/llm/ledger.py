"""The ledger of calls that a client keeps: what was sent, what came back, and what was answered before."""

from collections.abc import Sequence
from typing import Protocol

from schemas.call import Call


class Ledger(Protocol):
    """Where calls are kept, such as a store. A call is safe from a kill when `sent` or `record` returns."""

    async def replies(self, key: str) -> Sequence[Call]:
        """The earlier calls of a request that brought text, the oldest first."""

    def sent(self, call: Call) -> None:
        """A call that goes out now, as it stands if nothing more is heard of it: `lost`, at the most it can cost."""

    def record(self, call: Call) -> None:
        """What came of a call that was sent, with the same `call_id`."""

    @property
    def spent(self) -> float:
        """US dollars that the run has cost, its earlier parts included; lost calls count at the most they can cost."""
