"""What becomes of problems while a model's server fails: each row's end, the rate that is kept, and kills in mid-run.

python -m benchmarks.llm_faults

3,000 problems of GSM8K go through `backmath generate --formula formalize`, on one core, against a mock server on the
other one, which has an answer to each of them: a formula that holds, to every tenth one that does not. One run is left
alone, one meets every fault, 20% of all calls, and one is killed three times.

What the faults leave: every question meets the fates that it met in the run, each call takes the latency, one that
stalls the time-out and one that is turned away no time, and a client that takes no time itself keeps as many in flight
as it may and sends what failed again at once, or when the server told it to. The rate of usable answers is compared
with that client's for the whole command, from its start to its end, and for the first quarter, the half in the middle
and the last quarter of the time from the first request to the answer that ends 99% of them, in each client's own time:
the last hundredth waits for nothing but its own retries.
"""

import heapq
import os
import random
import shutil
import subprocess
import tempfile
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.measure import BACKMATH, Cost, run
from generation.formalized import Written, WrittenFormula, derive_formalized
from generation.formulas.formalization import Formalization
from generation.sources.ingest import read
from schemas.problem import Problem
from tests.backmath import cli
from tests.data import DATA
from tests.formal_answers import right_answer, write_table, wrong_answer
from tests.llm_process import Running, serve

PROBLEMS = 3_000
WRONG_EVERY = 10
IN_FLIGHT = 64
LATENCY_S = 0.5
TIMEOUT_S = 2.0
RETRY_AFTER_S = 1.0
TURNED_AWAY = {"rate_limit": 0.03, "rate_limit_bare": 0.03}
STALLED = {"stall": 0.02}
USELESS = {"server_error": 0.03, "drop": 0.02, "malformed": 0.02, "truncated": 0.015, "empty": 0.015}
PROSE = {"prose": 0.02}
PASSING = TURNED_AWAY | {"server_error": 0.05, "drop": 0.04, "malformed": 0.05}
"""Faults behind which the same answer comes: a killed run decides the same whichever of its calls meets them."""
USABLE = ("good", "prose")
KILLS = 3
KILLED_AFTER_S = (3.0, 9.0)
LEAST = 0.8
"""The share of the ideal rate that has to be kept."""


@dataclass(frozen=True)
class Asked:
    """A problem, the server's answer to it, and the formula in that; None where the answer does not hold."""

    problem: Problem
    answer: Formalization
    formula: str | None


def main() -> None:
    """Run the real command three times, and count in the store and at the server."""
    os.sched_setaffinity(0, {0})  # commands inherit it
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asked = list(_asked(folder))
        table = write_table(folder / "table.jsonl", ((each.problem, each.answer) for each in asked))
        timing = ("--latency", str(LATENCY_S), "--retry-after", str(RETRY_AFTER_S))
        options = ("--core", "1", *timing, "--answers", str(table))
        alone = _workspace(folder, "alone")
        with serve(*options) as server:
            run(*_generate(server, alone))
        parts = [_faults(folder, asked, options), _kills(folder, alone, options)]
    met = all(good for _, good in parts)
    print(f"llm_faults: {'; '.join(text for text, _ in parts)}; target {'met' if met else 'missed'}")


def _asked(folder: Path) -> Iterator[Asked]:
    """The first problems of GSM8K, and what the server says to each."""
    path = folder / "problems.jsonl"
    with (DATA / "gsm8k" / "train.jsonl").open(encoding="utf-8") as file:
        path.write_text("".join(islice(file, PROBLEMS)), encoding="utf-8")
    run(BACKMATH, "ingest", "gsm8k", "--path", str(path), "--workspace", str(folder / "ingested"))
    for number, problem in enumerate(read("gsm8k", path=path)):
        assert isinstance(problem, Problem)
        right = right_answer(problem) if number % WRONG_EVERY else None
        formula = right and _formula(problem, right)
        yield Asked(problem, right, formula) if right and formula else Asked(problem, wrong_answer(problem), None)


def _formula(problem: Problem, answer: Formalization) -> str | None:
    written = WrittenFormula(key="", model="", text=answer.model_dump_json())
    formula = derive_formalized(Written(problem=problem, formulas=(written,), asked=1, error="")).formula
    return formula.expression if formula else None


def _workspace(folder: Path, name: str) -> Path:
    """A workspace with the problems in it."""
    return Path(shutil.copytree(folder / "ingested", folder / name))


def _generate(server: Running, workspace: Path) -> list[str]:
    """The command."""
    options = ("--model", "mock", "--base-url", server.url, "--concurrency", str(IN_FLIGHT))
    limits = ("--timeout", str(TIMEOUT_S), "--workspace", str(workspace))
    return [BACKMATH, "generate", "--formula", "formalize", *options, *limits]


def _faulty(faults: dict[str, float]) -> list[str]:
    return [word for name, share in faults.items() for word in ("--fault", f"{name}={share}")]


def _faults(folder: Path, asked: list[Asked], options: tuple[str, ...]) -> tuple[str, bool]:
    """The run that meets every fault: what its rows came to, and its rate."""
    faults = TURNED_AWAY | STALLED | USELESS | PROSE
    workspace = _workspace(folder, "faulty")
    with serve(*options, *_faulty(faults)) as server:
        cost = run(*_generate(server, workspace))
        log = server.log()
    ends = _ends(workspace, asked)
    refused = 1 - ends["as answered"] / PROBLEMS
    share = 1 - Counter(entry["outcome"] for entry in log)["good"] / len(log)
    rates = _rates(log, cost)
    wrong = [name for name in ("lost", "stuck", "invented", "undecided", "without a reason") if ends[name]]
    told = ", ".join(f"{count:,} {name}" for name, count in ends.items())
    kept = ", ".join(f"{name} {rate:.0%}" for name, rate in rates.items())
    text = (
        f"{PROBLEMS:,} problems, {share:.0%} of {len(log):,} calls at fault: {told}; "
        f"of the rate that the faults leave: {kept}; {cost.seconds:.1f} s, {cost.memory / 2**20:,.0f} MiB"
    )
    return text, not wrong and refused < 0.05 and min(rates.values()) >= LEAST


def _ends(workspace: Path, asked: list[Asked]) -> dict[str, int]:
    """What the problems came to, counted in the store."""
    ids = [each.problem.id for each in asked]
    with duckdb.connect(str(workspace / "backmath.duckdb"), read_only=True) as store:
        store.register("asked", pa.table({"problem_id": ids, "formula": [each.formula for each in asked]}))
        query = """
            WITH last AS (
                SELECT asked.problem_id, asked.formula AS answered, derivations.* EXCLUDE (problem_id, formula)
                FROM asked LEFT JOIN latest_derivations AS derivations USING (problem_id)
            )
            SELECT
                count(*) FILTER (NOT failed AND expression IS NOT DISTINCT FROM answered) AS "as answered",
                count(*) FILTER (NOT failed AND expression IS NULL AND answered IS NOT NULL) AS "without an answer",
                count(*) FILTER (failed) AS failed,
                count(*) FILTER (failed IS NULL) AS lost,
                (SELECT count(*) FROM runs WHERE status <> 'done') AS stuck,
                count(*) FILTER (expression IS DISTINCT FROM answered AND expression IS NOT NULL) AS invented,
                (SELECT count(*) FROM candidate_overview WHERE decision IS NULL OR len(reasons) = 0) AS undecided,
                count(*) FILTER ((failed OR expression IS NULL) AND reason = '') AS "without a reason"
            FROM last
        """
        row = store.execute(query)
        names = [column[0] for column in row.description]
        return dict(zip(names, row.fetchall()[0], strict=True))


def _rates(log: list[dict[str, Any]], cost: Cost) -> dict[str, float]:
    """Usable answers a second, as a share of what the faults leave."""
    ended = sorted(entry["at"] + entry["seconds"] for entry in log if entry["outcome"] in USABLE)
    ideal = _ideal(log)
    most = round(0.99 * len(ended))
    quarters = {"first quarter": (0, 0.25), "middle half": (0.25, 0.75), "last quarter": (0.75, 1)}
    rates = {name: _rate(ended[:most], *part) / _rate(ideal[:most], *part) for name, part in quarters.items()}
    return rates | {"whole command": ideal[-1] / cost.seconds}


def _rate(ended: list[float], since: float, until: float) -> float:
    """Answers a second in a part of the time that all of them took."""
    start, end = since * ended[-1], until * ended[-1]
    return sum(start < at <= end for at in ended) / (end - start)


def _ideal(log: list[dict[str, Any]]) -> list[float]:
    """When the usable answers would have come to a client that takes no time itself, in order."""
    fates: defaultdict[str, list[str]] = defaultdict(list)
    for entry in sorted(log, key=lambda entry: float(entry["at"])):
        fates[entry["request"]["messages"][-1]["content"]].append(entry["outcome"])
    slot_s = {"abandoned": TIMEOUT_S, "rate_limit": 0.0, "rate_limit_bare": 0.0}
    new, again = deque(fates.values()), deque[list[str]]()
    ahead: list[tuple[float, int, bool, list[str]]] = []  # when, a number, whether a call ends, what its question meets
    now, free, number = 0.0, IN_FLIGHT, 0
    ended = []
    while new or again or ahead:
        while free and (new or again):
            left = (again or new).popleft()
            free, number = free - 1, number + 1
            heapq.heappush(ahead, (now + slot_s.get(left[0], LATENCY_S), number, True, left))
        now, _, ends, left = heapq.heappop(ahead)
        if not ends:
            again.append(left)
            continue
        free, number = free + 1, number + 1
        if left[0] in USABLE:
            ended.append(now)
        elif left[1:]:
            wait_s = RETRY_AFTER_S if left[0] == "rate_limit" else 0.0
            heapq.heappush(ahead, (now + wait_s, number, False, left[1:]))
    return ended


def _kills(folder: Path, alone: Path, options: tuple[str, ...]) -> tuple[str, bool]:
    """The run that is killed: whether it decides what the one that was left alone did, and what is paid again."""
    workspace = _workspace(folder, "killed")
    moments = random.Random(0)
    with serve(*options, *_faulty(PASSING)) as server:
        for _ in range(KILLS):
            process = subprocess.Popen(
                _generate(server, workspace), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                process.wait(moments.uniform(*KILLED_AFTER_S))
                raise RuntimeError("the run was over before it was killed")
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        run(*_generate(server, workspace))
        again = server.stats()["good_again"]
    with duckdb.connect(str(workspace / "backmath.duckdb"), read_only=True) as store:
        lost = int(store.execute("SELECT count(*) FROM llm_calls WHERE outcome = 'lost'").fetchall()[0][0])
    same = cli.contents(workspace) == cli.contents(alone)
    text = (
        f"killed {KILLS} times in one run: {'the same' if same else 'other'} decisions, "
        f"{again} answers paid again of {lost} calls in flight at the kills"
    )
    return text, same and again <= lost <= KILLS * IN_FLIGHT


if __name__ == "__main__":
    main()
