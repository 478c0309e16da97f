"""An endpoint is an address and a model; its key is seen by nobody."""

import pytest

from generation.llm.endpoint import Endpoint
from generation.llm.errors import UnreachableError, WrongKeyError

KEY = "sk-secret-0123456789"


def test_the_key_is_in_no_repr_and_no_text() -> None:
    endpoint = Endpoint("https://api.example/v1/", "m", KEY)
    assert KEY not in repr(endpoint)
    assert KEY not in str(endpoint)
    assert endpoint.hide(f"Incorrect key: {KEY}.") == "Incorrect key: ***."
    assert endpoint.base_url == "https://api.example/v1"


@pytest.mark.parametrize(
    "url", ["", "localhost:8080", "ftp://host/v1", "http://", "http://[::1", "http://host:99999/v1"]
)
def test_what_is_no_address_is_named(url: str) -> None:
    with pytest.raises(UnreachableError, match="is no base URL"):
        Endpoint(url, "m")


@pytest.mark.parametrize("url", [f"https://me:{KEY}@host/v1", f"https://host/v1?key={KEY}", f"https://host/v1#{KEY}"])
def test_a_secret_in_the_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        Endpoint(url, "m")
    assert KEY not in str(caught.value)


def test_a_key_that_cannot_be_one_is_refused_and_not_shown() -> None:
    with pytest.raises(WrongKeyError) as caught:
        Endpoint("https://host/v1", "m", f"{KEY}\nHost: elsewhere")
    assert KEY not in str(caught.value)


def test_an_empty_key_is_none() -> None:
    assert Endpoint("https://host/v1", "m", " ").key is None
