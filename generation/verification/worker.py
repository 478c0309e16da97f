"""A killable worker: functions that may run long run in another process, under a time and a memory limit.

The other process is a keeper that has the heavy imports done and forks the worker that serves the calls. The kernel
ends a worker at its time limit (a timer whose signal nothing catches, so that C code cannot outlast it and it holds
even when the caller is gone); the keeper reports the end and forks the next worker, in milliseconds. What goes in and
out is JSON: no code, no pickles. A plain child process and no pool of `multiprocessing`: it must also work inside the
daemonic processes of other pools, which may have no children of that kind, and from scripts without a main guard.

One keeper a process, started by the first call, shared by its threads (one call at a time), gone with its caller.
Needs POSIX; the memory limit needs Linux's /proc.
"""

import atexit
import contextlib
import gc
import importlib
import json
import logging
import mmap
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

SECONDS = 5.0
"""Wall-clock limit of a call, where the caller names no other."""
MEMORY = 1 << 30
"""Bytes of address space that a worker may take beyond what it starts with."""
START_SECONDS = 60.0
"""How long the keeper may take to start, on a machine under load."""
GRACE_SECONDS = 2.0
"""How long after its limit a call may stay without any report before the keeper is given up and replaced."""
MAX_MESSAGE = 1 << 24
"""Bytes of one request or reply."""
PRELOADED = ("pydantic", "sympy", "math_verify")
"""What the keeper imports before it forks, so that no worker has to."""

_OUT_OF_MEMORY = 77
_IDLE, _TAKING = bytes(8), b"\xff" * 8
_KEEPER = "from generation.verification.worker import keep; keep()"


@dataclass(frozen=True, slots=True)
class Returned:
    """The value that the function returned, as JSON keeps it: a tuple comes back as a list."""

    value: Any


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why there is no value: `timeout`, `memory`, `crash` (the process ended) or `error` (the function raised)."""

    cause: Literal["timeout", "memory", "crash", "error"]
    reason: str


def run(function: str, *arguments: Any, seconds: float = SECONDS) -> Returned | Stopped:
    """Call `module:function` with JSON values in the worker; raises nothing for what happens there.

    The function goes by name, so that its caller need not import what it needs (sympy, math-verify). The calls of
    other threads are waited for first; `seconds` counts from when the function is called.
    """
    return _caller.call(function, arguments, seconds)


class _Caller:
    """This process's end of its keeper."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.keeper: subprocess.Popen[bytes] | None = None
        self.requests = self.replies = -1
        self.number = 0

    def call(self, function: str, arguments: tuple[Any, ...], seconds: float) -> Returned | Stopped:
        with self.lock:
            try:
                try:
                    reply = self.reply(function, arguments, seconds)
                except ConnectionError:  # its keeper was gone, or went before it took the call: another one
                    self.close()
                    reply = self.reply(function, arguments, seconds)
            except TimeoutError:
                self.close()
                reply = {"stopped": "timeout"}
            except (OSError, ValueError) as error:
                self.close()
                reply = {"stopped": "crash", "reason": f"the worker was lost: {error}"}
        if "value" in reply:
            return Returned(reply["value"])
        return Stopped(reply["stopped"], reply.get("reason", f"stopped after {seconds:g} s"))

    def start(self) -> None:
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        self.keeper = subprocess.Popen(
            [sys.executable, "-P", "-c", _KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},  # the same run, the same texts
            start_new_session=True,  # Ctrl-C is the caller's affair
        )
        assert self.keeper.stdin is not None
        assert self.keeper.stdout is not None
        self.requests, self.replies = self.keeper.stdin.fileno(), self.keeper.stdout.fileno()
        _receive(self.replies, time.monotonic() + START_SECONDS)

    def reply(self, function: str, arguments: tuple[Any, ...], seconds: float) -> dict[str, Any]:
        """One call and its reply. Raises TimeoutError, ConnectionError where the keeper is gone, and OSError."""
        if self.keeper is None:
            self.start()
        self.number += 1
        _send(self.requests, json.dumps([self.number, function, arguments, seconds]).encode())
        end = time.monotonic() + seconds + GRACE_SECONDS
        while True:
            reply: dict[str, Any] = json.loads(_receive(self.replies, end))
            if reply["number"] == self.number:  # else one that nobody waits for any more
                return reply

    def close(self) -> None:
        """End the keeper and its worker; the next call starts another."""
        keeper, self.keeper = self.keeper, None
        if keeper is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(keeper.pid, signal.SIGKILL)
            keeper.communicate()

    def forget(self) -> None:
        """In a forked child: the keeper is the parent's, and this process starts its own when it needs one."""
        keeper = self.keeper
        _Caller.__init__(self)
        if keeper is not None and keeper.stdin and keeper.stdout:
            keeper.stdin.close()
            keeper.stdout.close()
            keeper.returncode = 0  # the parent's to wait for


_caller = _Caller()
atexit.register(_caller.close)
os.register_at_fork(after_in_child=_caller.forget)


def keep() -> None:
    """The keeper's main function: fork a worker, report its end, fork the next; end with the caller."""
    requests, replies = os.dup(0), os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    for module in PRELOADED:
        importlib.import_module(module)
    logging.disable(logging.CRITICAL)
    os.dup2(silence, 2)  # only now: a failed import may still say so
    gc.freeze()
    at_work = mmap.mmap(-1, 8)  # shared with the worker: the number of the request that it is at
    _send(replies, b"{}")
    while True:
        worker = os.fork()
        if not worker:
            _serve(requests, replies, at_work)
        code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        if not code:
            return
        if at_work[:] == _TAKING:
            return  # it is not known how much of the request is left
        if at_work[:] != _IDLE:
            _send(replies, json.dumps({"number": int.from_bytes(at_work[:], "big"), **_end(code)}).encode())
        at_work[:] = _IDLE


def _end(code: int) -> dict[str, str]:
    if code == -signal.SIGALRM:
        return {"stopped": "timeout"}
    if code == _OUT_OF_MEMORY:
        return {"stopped": "memory", "reason": f"needed more than {MEMORY >> 20} MiB"}
    return {"stopped": "crash", "reason": f"the worker ended with code {code}"}


def _serve(requests: int, replies: int, at_work: mmap.mmap) -> NoReturn:
    """The worker: answer requests until the caller is gone."""
    code = 1
    try:
        _limit_memory()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        while True:
            _wait(requests, None)
            at_work[:] = _TAKING
            number, *call = json.loads(_receive(requests, None))
            at_work[:] = number.to_bytes(8, "big")
            _send(replies, _answer(number, *call))
            at_work[:] = _IDLE
    except MemoryError:
        code = _OUT_OF_MEMORY
    except OSError:
        code = 0  # the caller is gone
    finally:
        os._exit(code)


def _limit_memory() -> None:
    with contextlib.suppress(FileNotFoundError), open("/proc/self/statm") as pages:
        limit = int(pages.read().split()[0]) * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _answer(number: int, function: str, arguments: list[Any], seconds: float) -> bytes:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        module, name = function.split(":")
        value = getattr(importlib.import_module(module), name)(*arguments)
        return json.dumps({"number": number, "value": value}).encode()
    except MemoryError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:500]
        return json.dumps({"number": number, "stopped": "error", "reason": reason}).encode()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _send(descriptor: int, message: bytes) -> None:
    frame = memoryview(len(message).to_bytes(4, "big") + message)
    while frame:
        frame = frame[os.write(descriptor, frame) :]


def _receive(descriptor: int, end: float | None) -> bytes:
    """One message. Raises TimeoutError at `end` (monotonic clock), ConnectionError where the other side is gone."""
    length = int.from_bytes(_read(descriptor, 4, end), "big")
    if length > MAX_MESSAGE:
        raise ValueError(f"a message of {length} bytes")
    return _read(descriptor, length, end)


def _read(descriptor: int, length: int, end: float | None) -> bytes:
    data = b""
    while len(data) < length:
        _wait(descriptor, end)
        part = os.read(descriptor, length - len(data))
        if not part:
            raise ConnectionError("its process is gone")
        data += part
    return data


def _wait(descriptor: int, end: float | None) -> None:
    """Wait until there is something to read, or the other side is gone."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(None if end is None else max(0.0, end - time.monotonic()) * 1000):
        raise TimeoutError
