"""Argilla's server in a process of its own, on the loopback interface only.

It gets what it needs to know as a line of JSON on stdin, so that no secret stands on a command line; stdin then stays
open, and its end, which comes when this process ends in whatever way, ends the server.
"""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from curation.errors import ReviewServerError
from curation.review.server.folder import LOG_NAME

HOST = "127.0.0.1"
SITE = Path(__file__).with_name("site")
"""Put on the path of the server's Python, and never on ours: what is in it imports Argilla's server."""
END_WITHIN_S = 10.0
"""Seconds that the server is given to finish what it is answering."""

_LAST_LINES = 3
_KEPT_FROM_IT = ("ARGILLA_", "PYTHON", "VIRTUAL_ENV")
"""Variables that would change what the server does; everything that it is told comes from here."""
_NO_TELEMETRY = {"HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


class ArgillaServer:
    """A server that was started, and may not answer yet."""

    def __init__(self, url: str, log: Path, process: "subprocess.Popen[str]") -> None:
        self.url = url
        self.process = process
        self._log = log
        self.stopping = False

    def ready(self) -> bool:
        """Wait until it answers; False where it was stopped before. Raises ReviewServerError where it cannot start."""
        assert self.process.stdout
        answers = bool(self.process.stdout.readline())
        if not answers and not self.stopping:
            raise ReviewServerError(f"Argilla's server cannot start: {self._why()}")
        return answers

    def wait(self) -> None:
        """Wait until it was stopped. Raises ReviewServerError where it ended by itself."""
        self.process.wait()
        if not self.stopping:
            raise ReviewServerError(f"Argilla's server has ended by itself: {self._why()}")

    def stop(self) -> None:
        """Tell it to end. May be called from a signal handler."""
        self.stopping = True
        self.process.terminate()

    def _why(self) -> str:
        """How it ended, and the last that it said."""
        code = self.process.wait()
        after = f"the log is {self._log}; what was answered is kept. Next: backmath review serve"
        if code < 0:
            return f"{signal.Signals(-code).name} ended it; {after}"
        lines = [line.strip() for line in self._log.read_text(errors="replace").splitlines() if line.strip(" ^~\n")]
        said = " | ".join(lines[-_LAST_LINES:]) or "nothing"
        return f"{said} (exit code {code}; {after})"


@contextmanager
def argilla_server(
    python: Path, folder: Path, port: int, *, secret_key: str, accounts: Sequence[dict[str, object]], origin: str | None
) -> Iterator[ArgillaServer]:
    """Start a server whose data is in `folder` and whose users are `accounts`; it ends with the block.

    `origin` is where a proxy shows it to people's browsers, such as https://review.example.org, if there is one.
    """
    wanted = {"port": port, "accounts": accounts, "secret_key": secret_key, "origin": origin}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_FROM_IT)}
    log = folder / LOG_NAME
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        process = subprocess.Popen(
            [python.absolute(), "-P", "-m", "argilla_embedded.serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            cwd=folder,
            env=inherited | _NO_TELEMETRY | {"PYTHONPATH": str(SITE)},
            start_new_session=True,
        )
    server = ArgillaServer(f"http://{HOST}:{port}", log, process)
    with process:
        try:
            assert process.stdin
            process.stdin.write(json.dumps(wanted) + "\n")
            process.stdin.flush()
            yield server
        finally:
            server.stop()
            try:
                process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def free_port(port: int) -> int:
    """The port, or any free one for 0. Raises ReviewServerError where it cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ReviewServerError(
                f"port {port} of {HOST} cannot be had: {error.strerror}; nothing was changed. "
                f"Next: backmath review serve --port {port + 1 if port < 65_535 else 0}"
            ) from error
        return int(probe.getsockname()[1])
