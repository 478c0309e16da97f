"""A local server: llama.cpp's own, OpenAI-compatible, for one GGUF file and on the loopback interface only.

It runs in a process of its own: what C++ code does with a damaged file ends that process and no other, its log goes
where it is sent, and Ctrl-C on a terminal does not reach it.
"""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from schemas.model import Model

HOST = "127.0.0.1"
CACHED_PROMPTS_MIB = 1_024
"""Memory for prompts that a slot has left, instructions among them; llama.cpp itself would take 8 GiB."""
ERRORS, INFO = 1, 3
"""How much llama.cpp logs."""
END_WITHIN_S = 10.0
"""Seconds that the server is given to end."""

_MAGIC = b"GGUF"
_ERROR = re.compile(r"^[0-9.]+ E (?:\S+ +)?\S+: (.*)$", re.MULTILINE)
# Threads of OpenMP that wait in a loop take the cores from everything else, the client of this very server included.
_SLEEP_WHILE_WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


class LocalServerError(Exception):
    """The server cannot start, or has ended by itself; the message is one line that says why and what to do."""


class LocalModel(Model):
    """What to serve, and how: `slots` answers at a time, `context` tokens for each; port 0 is any that is free."""

    file: Path
    name: str
    port: int
    slots: int
    context: int
    threads: int


class LocalServer:
    """A server that was started, and may not answer yet."""

    def __init__(self, model: LocalModel, process: "subprocess.Popen[str]", log: IO[str] | None) -> None:
        self.model = model
        self.process = process
        self.log = log
        self.stopping = False

    def ready(self) -> str | None:
        """Wait until the model is loaded: the URL for `--base-url`, or None where the server was stopped before.

        Raises LocalServerError where the model cannot be served.
        """
        assert self.process.stdout
        address = self.process.stdout.readline().strip()
        if not address and not self.stopping:
            raise LocalServerError(f"{self.model.file} cannot be served: {self._why()}")
        return f"{address}/v1" if address else None

    def wait(self) -> None:
        """Wait until the server was stopped. Raises LocalServerError where it ended by itself."""
        self.process.wait()
        if not self.stopping:
            raise LocalServerError(f"the server of {self.model.file} has ended by itself: {self._why()}")

    def stop(self) -> None:
        """Tell the server to end; what it is about to answer is lost. May be called from a signal handler."""
        self.stopping = True
        self.process.terminate()

    def _why(self) -> str:
        """The first error in the log, and how the process ended."""
        code = self.process.wait()
        ended = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if self.log is None:
            return ended
        self.log.seek(0)
        text = self.log.read()
        found = _ERROR.search(text)
        lines = text.strip().splitlines()
        return f"{found[1] if found else lines[-1] if lines else 'no reason given'} ({ended}; --debug shows its log)"


@contextmanager
def local_server(model: LocalModel, *, show_log: bool) -> Iterator[LocalServer]:
    """Start a server, and end it with the block; its log goes to stderr where it is to be shown.

    Raises LocalServerError where it is clear without loading anything that the model cannot be served.
    """
    _check(model)
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, model.model_dump_json(), str(INFO if show_log else ERRORS)],
            stdin=subprocess.PIPE,  # closed when this process ends in whatever way; that ends the server
            stdout=subprocess.PIPE,
            stderr=None if show_log else log,
            text=True,
            env=os.environ | _SLEEP_WHILE_WAITING,
            start_new_session=True,
        )
        server = LocalServer(model, process, None if show_log else log)
        with process:
            try:
                yield server
            finally:
                server.stop()
                try:
                    process.wait(END_WITHIN_S)
                except subprocess.TimeoutExpired:
                    process.kill()


def _check(model: LocalModel) -> None:
    if importlib.util.find_spec("xllamacpp") is None:
        raise LocalServerError(
            "a local server needs xllamacpp, which is not installed. Next: pip install 'backmath[local]'"
        )
    try:
        with model.file.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise LocalServerError(f"{model.file} cannot be read: {error.strerror}") from error
    if magic != _MAGIC:
        raise LocalServerError(f"{model.file} is not a GGUF file: it begins with {magic!r}, not with {_MAGIC!r}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, model.port))
        except OSError as error:
            raise LocalServerError(
                f"port {model.port} cannot be had: {error.strerror}. --port takes another"
            ) from error


def _serve(model: LocalModel, *, verbosity: int) -> None:
    """What the server's process does: load, say where it listens, and stay until the one that started it is gone."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model.file)
    parameters.model_alias = {model.name}
    parameters.hostnames = [HOST]
    parameters.port = model.port
    parameters.n_parallel = model.slots
    parameters.n_ctx = model.slots * model.context
    parameters.cpuparams.n_threads = model.threads
    parameters.cache_ram_mib = CACHED_PROMPTS_MIB
    parameters.verbosity = verbosity
    parameters.fit_params = False  # takes what is asked for, or says that it cannot be had
    parameters.offline = True
    parameters.ui = False
    parameters.cors_origins = f"http://{HOST}"  # no page that a browser shows may use the model
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError:  # the log says why
        sys.exit(1)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve(LocalModel.model_validate_json(sys.argv[1]), verbosity=int(sys.argv[2]))
