"""The chat completions server of `tests.llm_server` as a test or a benchmark runs it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Running:
    """A server that runs: its base URL, and what it counts."""

    url: str
    process: subprocess.Popen[str]

    def stats(self) -> dict[str, Any]:
        """See `tests.llm_service.Service.stats`."""
        return dict(self._call("/stats"))

    def log(self) -> list[dict[str, Any]]:
        """Each request with its outcome, in the order in which they ended."""
        return list(self._call("/log"))

    def change(self, **settings: object) -> None:
        """Change options while it runs: `change(limit=0, fault={"stall": 1})`."""
        self._call("/settings", json.dumps(settings).encode())

    def reset(self) -> None:
        """Have it be as at the start, with nothing counted."""
        self._call("/reset", b"")

    def _call(self, path: str, body: bytes | None = None) -> Any:
        with urllib.request.urlopen(self.url.removesuffix("/v1") + path, body, timeout=30) as reply:
            return json.load(reply)


@contextmanager
def serve(*options: str) -> Iterator[Running]:
    """Start a server with the options of `tests.llm_server`, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.llm_server", "--with-parent", *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, "the server did not start"
        yield Running(url, process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
