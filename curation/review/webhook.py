"""A webhook: Argilla tells us of each answer as it comes, so that nobody has to ask every few seconds."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from curation.errors import WebhookError
from curation.review.argilla import Argilla

EVENTS = ("response.created", "response.updated", "response.deleted")

_LONGEST_BODY = 4 * 1024 * 1024


@asynccontextmanager
async def listening(server: Argilla, url: str, heard: Callable[[], None]) -> AsyncIterator[None]:
    """Call `heard` for each event that Argilla sends to `url`, which must lead to this machine, within the block.

    What is sent is only a sign that there is something to pull: nothing is read from it. A call that Argilla did not
    sign is refused. Raises WebhookError where the address cannot be listened on.
    """
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise WebhookError(f"{url} is no address of a webhook, such as http://127.0.0.1:8787; nothing was pulled")
    _forget(server, url)
    made = server.request(
        "POST", "/api/v1/webhooks", json={"url": url, "events": list(EVENTS), "description": "BackMATH"}
    )
    signature = Webhook(made["secret"])

    async def receive(request: web.Request) -> web.Response:
        try:
            signature.verify(await request.read(), dict(request.headers))
        except (WebhookVerificationError, ValueError):
            return web.Response(status=401)
        heard()
        return web.Response(status=204)

    application = web.Application(client_max_size=_LONGEST_BODY)
    application.router.add_post(address.path or "/", receive)
    runner = web.AppRunner(application)
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, _bound_to(address.hostname), address.port or 80).start()
        except OSError as error:
            raise WebhookError(f"{url} cannot be listened on ({error.strerror}); nothing was pulled") from error
        yield
    finally:
        await runner.cleanup()
        _forget(server, url)


def _bound_to(host: str) -> str:
    """Loopback alone where that is what Argilla calls; else every interface, since the name may be a proxy's."""
    try:
        return host if ip_address(host).is_loopback else "0.0.0.0"
    except ValueError:
        return "127.0.0.1" if host == "localhost" else "0.0.0.0"


def _forget(server: Argilla, url: str) -> None:
    """Take back what we registered for this address, now or before a kill."""
    for each in server.request("GET", "/api/v1/webhooks")["items"]:
        if each["url"].rstrip("/") == url.rstrip("/"):
            server.request("DELETE", f"/api/v1/webhooks/{each['id']}")
