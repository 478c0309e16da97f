"""Budget: a limit in money that no call may pass."""

import asyncio
from collections import deque

from generation.llm.errors import BudgetReachedError
from generation.llm.price import Price

_ROUNDING = 1e-9  # US dollars: sums of floats that should be the limit itself may differ from it by less


class Budget:
    """What a run may spend. Before a call the most that it can cost is set aside, after it what it did cost is spent.

    So calls in flight count as if each would cost the most it can, and the limit holds however they end. Without
    a limit it is only added up; without a price there is nothing to add.
    """

    def __init__(self, limit_usd: float | None = None, price: Price | None = None) -> None:
        if limit_usd is not None and not limit_usd >= 0:
            raise ValueError("a budget is a number of US dollars, and not below 0")
        self.limit_usd = limit_usd
        self.price = price
        self.spent = 0.0
        self.reserved = 0.0
        self._in_flight = 0
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """US dollars for a call; None without a price."""
        return None if self.price is None else self.price.cost(input_tokens, output_tokens)

    async def reserve(self, usd: float) -> None:
        """Set aside the most that a call can cost, after waiting for others to end where that might pass the limit.

        Raises BudgetReachedError where it would be passed with no call in flight.
        """
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((usd, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.settle(usd, 0.0)  # it was let through and cancelled at the same time
            raise

    def settle(self, reserved: float, usd: float) -> None:
        """Spend what a call cost, in place of what was set aside for it."""
        self.spent += usd
        self._in_flight -= 1
        self.reserved = self.reserved - reserved if self._in_flight else 0.0
        self._admit()

    def _admit(self) -> None:
        """Let those through who wait, the first come first, as far as the limit goes."""
        while self._waiting:
            usd, turn = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
            elif self.limit_usd is None or self.spent + self.reserved + usd <= self.limit_usd + _ROUNDING:
                self._waiting.popleft()
                self.reserved += usd
                self._in_flight += 1
                turn.set_result(None)
            elif not self._in_flight:
                self._waiting.popleft()
                turn.set_exception(
                    BudgetReachedError(
                        f"the budget of ${self.limit_usd:g} is reached: ${self.spent:.4f} is spent, and the next call "
                        f"may cost ${usd:.4f}; go on with a higher --budget"
                    )
                )
            else:
                break
