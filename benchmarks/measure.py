"""What benchmarks share: a command's time and memory."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

BACKMATH = str(Path(sys.executable).with_name("backmath"))
"""The command line of the environment that runs the benchmark."""


@dataclass(frozen=True)
class Cost:
    """What a command took: wall-clock seconds, and the most bytes that it and its processes held at a time."""

    seconds: float
    memory: int
    output: str


def run(*command: str) -> Cost:
    """Run a command to its end and watch it. Raises CalledProcessError where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    peak = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.2):  # reading it costs the processes time
            peak = max(peak, session_memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - start
    over.set()
    watcher.join()
    if process.returncode:
        failure = subprocess.CalledProcessError(process.returncode, command, output, errors)
        failure.add_note(errors)
        raise failure
    return Cost(seconds, peak, output)


def session_memory(session: int) -> int:
    """The memory of every process of a session, shared pages counted once, in bytes."""
    total = 0
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            if os.getsid(int(entry.name)) != session:
                continue
            with open(f"/proc/{entry.name}/smaps_rollup") as rollup:
                total += next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration):
            continue  # it ended meanwhile
    return total
