"""A proxy is taken where the environment names one, and never for the computer's own addresses."""

import pytest
from yarl import URL

from generation.llm.transport import _proxy

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://api.example/v1", PROXY),
        ("http://inside.example/v1", None),
        ("http://localhost:8080/v1", None),
        ("http://127.0.0.1:8080/v1", None),
        ("http://[::1]:8080/v1", None),
    ],
)
def test_the_proxy_is_the_environments(monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None) -> None:
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "inside.example")
    assert _proxy(URL(url)) == proxy
