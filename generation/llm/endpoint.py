"""Endpoint: where a model is, and the key for it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from generation.llm.errors import UnreachableError, WrongKeyError


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible server, `http://127.0.0.1:8080/v1` for one, and the name of a model there.

    The key is in no repr and no message. `timeout_s` is how long one answer may take. Raises UnreachableError where
    the address is none, WrongKeyError where the key cannot be one.
    """

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 120.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", self.base_url.strip().rstrip("/"))
        object.__setattr__(self, "key", (self.key or "").strip() or None)
        try:
            parts = urlsplit(self.base_url)
            sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            raise UnreachableError(f"{self.base_url!r} is no base URL; give one such as http://127.0.0.1:8080/v1")
        if parts.username or parts.password or parts.query or parts.fragment:  # may be a secret, so it is not shown
            raise UnreachableError(
                f"the base URL at {parts.hostname} has more than an address in it; put the key in OPENAI_API_KEY"
            )
        if self.key and not (self.key.isascii() and self.key.isprintable()):
            raise WrongKeyError("the key has characters that no key has; set OPENAI_API_KEY again")

    def hide(self, text: str) -> str:
        """The text without the key, which some servers repeat in what they say of it."""
        return text.replace(self.key, "***") if self.key else text
