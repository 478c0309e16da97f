"""Memory: the most that was used since it was last asked to begin anew, on the GPU or, without one, by the process."""

import re
from contextlib import suppress
from pathlib import Path

import torch

_PROCESS = Path("/proc/self")


def forget_peak() -> None:
    """Begin anew. A process can do so on Linux alone (proc(5), clear_refs)."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    else:
        with suppress(OSError):
            (_PROCESS / "clear_refs").write_text("5")


def peak() -> int | None:
    """The peak in bytes; None where the system does not tell it."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", (_PROCESS / "status").read_text())
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
