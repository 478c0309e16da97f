"""What the client costs beside the calls themselves, against aiohttp alone and against distilabel.

python -m benchmarks.llm_throughput [ROUNDS]

3,000 calls to a local server that answers after 200 ms, over HTTP, the client and the server each on a core of its own.
The ideal is as many calls a second as are in flight, divided by those 200 ms; what is reached is counted by the server,
from the first request to the last answer. distilabel runs in an environment of its own, which is made where it is
missing; its whole run, from start to end of the program, is compared with the whole run of ours, at as many calls in
flight. Each figure is the best of ROUNDS (3), since other work on the machine only ever makes it worse.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.llm_process import serve

CALLS = 3_000
LATENCY_S = 0.2
IN_FLIGHT = (64, 512)
TARGET_SHARE = {64: 0.97, 512: 0.80}
TARGET_CPU_MS = 0.6
TARGET_RATIO = 2.0
DISTILABEL = "distilabel[openai]==1.5.3"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "backmath" / "distilabel-1.5.3"
PYTHON = CACHE / "bin" / "python"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Figures:
    """One run: the share of the ideal rate, milliseconds of CPU a call, seconds of the whole program."""

    share: float
    cpu_ms: float
    whole_s: float

    @property
    def text(self) -> str:
        """The figures in words."""
        return f"{self.share:.0%} of the ideal rate, {self.cpu_ms:.2f} ms of CPU a call, whole run {self.whole_s:.1f} s"


def main() -> None:
    """Run each client at each number of calls in flight, and say which targets are met."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("llm_throughput: needs two cores, one for the client and one for the server")
    clients = {name: [sys.executable, "-m", "benchmarks.llm_clients", name] for name in ("ours", "aiohttp")}
    why_not = make_distilabel()
    if not why_not:
        clients["distilabel 1.5.3"] = [str(PYTHON), str(ROOT / "benchmarks" / "llm_distilabel.py")]
    best: dict[tuple[str, int], Figures] = {}
    for _ in range(rounds):
        for in_flight in IN_FLIGHT:
            for name, command in clients.items():
                figures = measured(command, in_flight, cores[0], cores[1])
                best[name, in_flight] = better(best.get((name, in_flight), figures), figures)
    said = [f"distilabel left out, {why_not}"] if why_not else []
    missed = []
    for in_flight in IN_FLIGHT:
        each = [f"{name} {best[name, in_flight].text}" for name in clients]
        said.append(f"{in_flight} in flight: {', '.join(each)}")
        ours, theirs = best["ours", in_flight], best.get(("distilabel 1.5.3", in_flight))
        if ours.share < TARGET_SHARE[in_flight]:
            missed.append(f"{TARGET_SHARE[in_flight]:.0%} at {in_flight}")
        if ours.cpu_ms > TARGET_CPU_MS:
            missed.append(f"{TARGET_CPU_MS} ms at {in_flight}")
        if theirs and theirs.whole_s < TARGET_RATIO * ours.whole_s:
            missed.append(f"{TARGET_RATIO:g} to 1 at {in_flight}")
    if not why_not:
        their_best = min(best["distilabel 1.5.3", each].whole_s for each in IN_FLIGHT)
        said.append(f"best whole runs {their_best / min(best['ours', each].whole_s for each in IN_FLIGHT):.1f} to 1")
    print(f"llm_throughput: {'; '.join(said)}; target {'missed: ' + ', '.join(missed) if missed else 'met'}")


def measured(command: list[str], in_flight: int, core: int, server_core: int) -> Figures:
    """Run a client as a program of its own against a server of its own. Raises where it does not answer all."""
    with serve("--latency", str(LATENCY_S), "--core", str(server_core)) as server:
        started = time.perf_counter()
        done = subprocess.run(
            [*command, server.url, str(CALLS), str(in_flight)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        whole_s = time.perf_counter() - started
        if done.returncode:
            failure = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
            failure.add_note(done.stderr)
            raise failure
        stats = server.stats()
    found = json.loads(done.stdout.splitlines()[-1])
    if found["answered"] != CALLS or stats["total"] != CALLS or stats["in_flight_max"] > in_flight:
        raise RuntimeError(f"{command}: {found['answered']} of {CALLS} answered by {stats['total']} calls")
    ideal = in_flight / LATENCY_S
    return Figures(CALLS / stats["seconds"] / ideal, 1_000 * found["cpu_s"] / CALLS, whole_s)


def better(one: Figures, other: Figures) -> Figures:
    """The best of both in each figure."""
    return Figures(max(one.share, other.share), min(one.cpu_ms, other.cpu_ms), min(one.whole_s, other.whole_s))


def make_distilabel() -> str:
    """Have an environment with distilabel; says why there is none where it cannot be made."""
    ready = CACHE / "ready"
    if ready.exists():
        return ""
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(CACHE)], check=True, capture_output=True, text=True
        )
        # it imports requests, and does not say so
        install = [str(PYTHON), "-m", "pip", "install", "--quiet", DISTILABEL, "requests"]
        subprocess.run(install, check=True, capture_output=True, text=True, timeout=900)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return said.strip().splitlines()[-1]
    ready.touch()
    return ""


if __name__ == "__main__":
    main()
