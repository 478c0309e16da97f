"""A model behind an endpoint, as `backmath evaluate` asks it: what that costs is in the store, as of all calls."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from backmath.asking import Asking, asking
from backmath.command_line import typed
from backmath.signals import asking_to_stop
from backmath.work import Work, working

if TYPE_CHECKING:
    from backmath.looking import Looking
    from curation.store import Store
    from training.configurations.evaluation import EvaluationConfiguration
    from training.evaluation.sampling import Answerer, Connect

_TIMEOUT_S = 300.0


class Spending(NamedTuple):
    """How many calls are in flight, and what they may cost; `price` is USD for a million tokens in and out."""

    concurrency: int | None
    budget: float | None
    price: tuple[float, float] | None


@contextmanager
def connected(
    model: str,
    configuration: "EvaluationConfiguration",
    workspace: Path,
    looking: "Looking",
    spending: Spending,
) -> "Iterator[Connect | None]":
    """What connects to the endpoint that the configuration names, None for a local model.

    In the block Ctrl-C asks `looking` to stop.
    """
    if not configuration.base_url:
        with asking_to_stop(looking.stop):
            yield None
        return
    from curation.store import Store
    from schemas.identity import content_id

    ask = asking(
        model,
        configuration.base_url,
        spending.budget,
        spending.price,
        _TIMEOUT_S,
        spending.concurrency,
        configuration.max_tokens,
    )
    store = Store(workspace)
    with working(
        store,
        "evaluate",
        command_line=typed("evaluate", model=model, base_url=configuration.base_url),
        configuration=configuration.model_dump(mode="json"),
        fingerprint=content_id("evaluate", model),
    ) as work:

        def stop() -> None:
            work.stop.set()
            looking.stop()

        with asking_to_stop(stop):
            yield _endpoint(store, work, ask, configuration)


def _endpoint(store: "Store", work: Work, ask: Asking, configuration: "EvaluationConfiguration") -> "Connect":
    from curation.calls import CallLedger
    from training.evaluation.endpoint import EndpointModel

    @asynccontextmanager
    async def connect() -> "AsyncIterator[Answerer]":
        async with CallLedger(store, work.run) as ledger, ask.client(ledger) as client:
            await client.check()
            yield EndpointModel(client, ledger, configuration)

    return connect
