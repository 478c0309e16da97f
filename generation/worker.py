"""Killable workers: functions that may run long run in another process, under a time and a memory limit.

The other process is a keeper that has the heavy imports done and forks the worker that serves the calls. The kernel
ends a worker at its time limit (a timer whose signal nothing catches, so that C code cannot outlast it and it holds
even when the caller is gone); the keeper reports the end and forks the next worker, in milliseconds. What goes in and
out is JSON: no code, no pickles. A plain child process and no pool of `multiprocessing`: it must also work inside the
daemonic processes of other pools, which may have no children of that kind, and from scripts without a main guard; and
pools whose processes share a queue are stuck for good where one of them is killed while it holds the queue's lock, or
has written half an answer.

A keeper is started by the first call and gone with its caller. Needs POSIX; the memory limit needs Linux's /proc.
"""

import atexit
import contextlib
import gc
import importlib
import json
import logging
import mmap
import os
import pkgutil
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from weakref import WeakSet

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
"""What the keeper of `run` imports before it forks, so that no worker has to."""

_OUT_OF_MEMORY = 77
_IDLE, _TALKING = bytes(8), b"\xff" * 8
_KEEPER = "import sys; from generation.worker import keep; keep(*sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Returned:
    """The value that the function returned, as JSON keeps it: a tuple comes back as a list."""

    value: Any


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why there is no value: `timeout`, `memory`, `crash` (the process ended) or `error` (the function raised)."""

    cause: Literal["timeout", "memory", "crash", "error"]
    reason: str


class Worker:
    """One keeper with its worker, which serves one call at a time; threads wait for one another."""

    def __init__(self, preload: Sequence[str]) -> None:
        """`preload` names the modules that the keeper imports before it forks."""
        self._preload = preload
        self._killed = False
        self._begin()
        _workers.add(self)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._requests = self._replies = -1
        self._number = 0

    def run(self, function: str, *arguments: Any, seconds: float = SECONDS) -> Returned | Stopped:
        """Call `module:function` with JSON values in the worker; raises nothing for what happens there.

        The function goes by name, so that its caller need not import what it needs (sympy, math-verify). The calls of
        other threads are waited for first; `seconds` counts from when the function is called.
        """
        with self._lock:
            try:
                try:
                    reply = self._reply(function, arguments, seconds)
                except ConnectionError:  # its keeper was gone, or went before the call was done: another one
                    self._close()
                    if self._killed:
                        raise
                    reply = self._reply(function, arguments, seconds)
            except TimeoutError:
                self._close()
                reply = {"stopped": "timeout"}
            except (OSError, ValueError) as error:
                self._close()
                reply = {"stopped": "crash", "reason": f"the worker was lost: {error}"}
        if "value" in reply:
            return Returned(reply["value"])
        return Stopped(reply["stopped"], reply.get("reason", f"stopped after {seconds:g} s"))

    def kill(self) -> None:
        """End it now and for good; a call in another thread is stopped as a crash. A signal handler may call it."""
        self._killed = True
        if self._keeper is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._keeper.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, and wait until it has and the call of another thread is answered."""
        self.kill()
        with self._lock:
            self._close()

    def _start(self) -> None:
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        self._keeper = subprocess.Popen(
            [sys.executable, "-P", "-c", _KEEPER, *self._preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},  # the same run, the same texts
            start_new_session=True,  # Ctrl-C is the caller's affair
        )
        if self._killed:  # looked at only now that it can be killed: no call begins behind that
            raise ConnectionError("it was ended")
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._requests, self._replies = self._keeper.stdin.fileno(), self._keeper.stdout.fileno()
        _receive(self._replies, time.monotonic() + START_SECONDS)

    def _reply(self, function: str, arguments: tuple[Any, ...], seconds: float) -> dict[str, Any]:
        """One call and its reply. Raises TimeoutError, ConnectionError where the keeper is gone, and OSError."""
        if self._keeper is None:
            self._start()
        self._number += 1
        _send(self._requests, json.dumps([self._number, function, arguments, seconds]).encode())
        end = time.monotonic() + seconds + GRACE_SECONDS
        while True:
            reply: dict[str, Any] = json.loads(_receive(self._replies, end))
            if reply["number"] == self._number:  # else one that nobody waits for any more
                return reply

    def _close(self) -> None:
        """End the keeper and its worker; the next call starts another."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(keeper.pid, signal.SIGKILL)
            keeper.communicate()

    def _forget(self) -> None:
        """In a forked child: the keeper is the parent's, and this process starts its own when it needs one."""
        keeper = self._keeper
        self._begin()
        if keeper is not None and keeper.stdin and keeper.stdout:
            keeper.stdin.close()
            keeper.stdout.close()
            keeper.returncode = 0  # the parent's to wait for


_workers: WeakSet[Worker] = WeakSet()
_shared = Worker(PRELOADED)


def run(function: str, *arguments: Any, seconds: float = SECONDS) -> Returned | Stopped:
    """`Worker.run` of the one worker that all threads of this process share, for what may run long now and then."""
    return _shared.run(function, *arguments, seconds=seconds)


def kill_all() -> None:
    """End all workers of this process now and for good. A signal handler may call it."""
    for worker in tuple(_workers):
        worker.kill()


def _forget_all() -> None:
    for worker in tuple(_workers):
        worker._forget()


atexit.register(kill_all)
os.register_at_fork(after_in_child=_forget_all)


def keep(*preload: str) -> None:
    """The keeper's main function: fork a worker, report its end, fork the next; end with the caller."""
    requests, replies = os.dup(0), os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    for module in preload:
        importlib.import_module(module)
    logging.disable(logging.CRITICAL)
    os.dup2(silence, 2)  # only now: a failed import may still say so
    _limit_memory()  # here, where it fails for all: its workers have it from it
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
        if at_work[:] == _TALKING:
            return  # it is not known how much of the request or the reply is left
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
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        while True:
            _wait(requests, None)
            at_work[:] = _TALKING
            number, *call = json.loads(_receive(requests, None))
            at_work[:] = number.to_bytes(8, "big")
            answer = _answer(number, *call)
            at_work[:] = _TALKING
            _send(replies, answer)
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
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        # The hard limit stays as it is: a keeper that is started by a worker has a size and a limit of its own.
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _answer(number: int, function: str, arguments: list[Any], seconds: float) -> bytes:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        value = pkgutil.resolve_name(function)(*arguments)
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
    data = bytearray()
    while len(data) < length:
        _wait(descriptor, end)
        part = os.read(descriptor, length - len(data))
        if not part:
            raise ConnectionError("its process is gone")
        data += part
    return bytes(data)


def _wait(descriptor: int, end: float | None) -> None:
    """Wait until there is something to read, or the other side is gone."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(None if end is None else max(0.0, end - time.monotonic()) * 1000):
        raise TimeoutError
