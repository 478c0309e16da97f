"""The options with which a command asks a language model, and the client that they make."""

import os
import resource
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backmath.errors import CommandError

if TYPE_CHECKING:
    from generation.llm.client import Client
    from generation.llm.ledger import Ledger

KEY_VARIABLE = "OPENAI_API_KEY"
OPENAI = "https://api.openai.com/v1"
CALLS_IN_FLIGHT = 16
"""As many as a small server of one's own can queue; a provider takes more."""
FILES_BESIDE = 200
"""Files that a run may have open beside one connection a call: the store, the journal, pipes to workers."""


@dataclass(frozen=True)
class Asking:
    """Which model is asked, where, and what that may cost; `price` is USD for a million tokens in and out."""

    model: str
    base_url: str
    budget: float | None
    price: tuple[float, float] | None
    timeout_s: float
    concurrency: int
    max_tokens: int | None

    def client(self, ledger: "Ledger") -> "Client":
        """A client for the model, with the key of the environment."""
        from generation.llm.budget import Budget
        from generation.llm.client import Client
        from generation.llm.endpoint import Endpoint
        from generation.llm.price import Price, known_price

        price = Price.per_million(*self.price) if self.price else known_price(self.model, self.base_url)
        return Client(
            Endpoint(self.base_url, self.model, os.environ.get(KEY_VARIABLE), self.timeout_s),
            ledger,
            concurrency=self.concurrency,
            budget=Budget(self.budget, price),
        )


def asking(
    model: str | None,
    base_url: str | None,
    budget: float | None,
    price: tuple[float, float] | None,
    timeout_s: float,
    concurrency: int | None,
    max_tokens: int | None,
) -> Asking:
    """The options held to sense.

    Raises CommandError where no model is named, no key is there for OpenAI, or too few files may be open.
    """
    if not model:
        raise CommandError(
            "a model has to be asked for this, and none is named; nothing was done. Next: give --model and --base-url, "
            "or see docs/models.md for one of your own"
        )
    url = base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI
    if url.rstrip("/") == OPENAI and not os.environ.get(KEY_VARIABLE):
        raise CommandError(
            f"{OPENAI} asks for a key; nothing was done. Next: set {KEY_VARIABLE}, or give --base-url of another server"
        )
    calls = concurrency or CALLS_IN_FLIGHT
    _let_open(calls + FILES_BESIDE)
    return Asking(model, url, budget, price, timeout_s, calls, max_tokens)


def _let_open(files: int) -> None:
    """Raise how many files the process may have open: where there are none left, DuckDB ends it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != soft < files:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
        except (ValueError, OSError):
            raise CommandError(
                f"so many calls in flight need {files:,} open files, and the system allows {hard:,}; nothing was done. "
                "Next: give a lower --concurrency"
            ) from None
