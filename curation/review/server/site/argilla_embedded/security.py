"""What Argilla leaves open, closed: other sites' requests, framing, guessed passwords, and some of what annotators see.

docs/security.md lists it all.
"""

import base64
import hashlib
import re
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import argilla_server
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from argilla_embedded.logins import FailedLogins
from argilla_embedded.permissions import narrow_permissions

LOG_IN = ("POST", "/api/v1/token")
OWN_NAMES = frozenset({"localhost", "127.0.0.1"})

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


def secured(app: ASGIApp, origin: str | None) -> ASGIApp:
    """Argilla's app behind a guard; `origin` is where a proxy shows it to browsers, if there is one."""
    narrow_permissions()
    return Guard(app, origin)


class Guard:
    """Lets requests through that come from Argilla's own page or from a program, and no other page's."""

    def __init__(self, app: ASGIApp, origin: str | None) -> None:
        self._app = app
        self._origin = origin
        self._names = OWN_NAMES | ({urlsplit(origin).hostname} if origin else set())
        self._failed = FailedLogins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        logging_in = (scope["method"], scope["path"]) == LOG_IN

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS | {"Content-Security-Policy": content_policy()})
                if logging_in and message["status"] == HTTPStatus.UNAUTHORIZED:
                    self._failed.count()
            await send(message)

        app = self._app
        if reason := self._stranger(Headers(scope=scope)):
            app = JSONResponse({"detail": reason}, HTTPStatus.FORBIDDEN)
        elif logging_in and (wait_s := self._failed.wait_s()):
            app = JSONResponse(
                {"detail": "too many wrong passwords"}, HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(wait_s)}
            )
        await app(scope, receive, answer)

    def _stranger(self, headers: Headers) -> str | None:
        """Why a request is not ours to answer: it may come from another page that the same browser shows."""
        host = headers.get("host", "")
        if urlsplit(f"//{host}").hostname not in self._names:  # a name of somebody else's that leads here
            return f"this server is not {host!r}"
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", self._origin):
            return f"no requests from {origin!r}"
        site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode")
        if site not in ("none", "same-origin") and mode != "navigate":  # a link to us is no harm
            return "no requests from other pages"
        return None


@cache
def content_policy() -> str:
    """What Argilla's page may load and run: what this server sends, and the scripts that are written in the page."""
    pages = Path(argilla_server.__file__).with_name("static").rglob("*.html")
    scripts = {
        script.replace("@@baseUrl@@", "") for page in pages for script in _INLINE_SCRIPT.findall(page.read_text())
    }
    hashes = sorted(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *(f"'sha256-{each}'" for each in hashes)]),
        "style-src": "'self' 'unsafe-inline'",  # the page sets styles on its elements
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
