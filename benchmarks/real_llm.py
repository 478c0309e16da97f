"""A real small model on a CPU: formulas for GSM8K without its annotations, and for MATH, proved or left.

python -m benchmarks.real_llm [--problems N] [--samples K] [--list]

Qwen2.5-Coder-1.5B-Instruct behind `backmath llm serve` writes K formulas for each of N problems of GSM8K's training
set (question and answer only) and of MATH's Prealgebra and Algebra. Precision is measured against the trace of the
annotated GSM8K problem: the accepted equation must be the same function of the unknown. `--list` prints every row that
was not rejected, to be read.
"""

import argparse
import gzip
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import duckdb

from benchmarks.measure import BACKMATH, run
from curation.review.interval import wilson
from generation.verification.expression import parse
from generation.verification.rational_function import UNKNOWN, compute, same
from tests.data import DATA
from tests.weights import qwen_coder

GSM8K_FROM, MATH_FROM = 3_000, 400
"""The rows from which problems are taken: others than those that the prompt was tried on."""

_ANNOTATION = re.compile(r"<<[^<>]*>>")


def main() -> None:
    """Serve the model, run the real commands, and count in the store."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--problems", type=int, default=50)
    options.add_argument("--samples", type=int, default=1)
    options.add_argument("--list", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(qwen_coder(), Path(folder)) as (model, url):
        workspace = Path(folder) / "workspace"
        here = ("--workspace", str(workspace))
        asked = ("--formula", "formalize", "--model", model, "--base-url", url, "--samples", str(chosen.samples))
        rows = list(_gsm8k(chosen.problems))
        _ingest("bare", [{"question": q, "answer": a} for q, a, _ in rows], Path(folder), here)
        _ingest("math", list(_math(chosen.problems)), Path(folder), here)
        began = time.perf_counter()
        run(BACKMATH, "generate", *asked, "--concurrency", "4", "--timeout", "600", *here)
        seconds = time.perf_counter() - began
        # The annotated problems ask the same questions, so that their formulas are in the store already.
        _ingest("annotated", [{"question": q, "answer": a, "solution": s} for q, a, s in rows], Path(folder), here)
        run(BACKMATH, "generate", *here)
        with _store(workspace) as store:
            before = _open(store)
        run(BACKMATH, "generate", *asked, "--concurrency", "4", "--timeout", "600", *here)
        with _store(workspace) as store:
            print(_line(store, chosen.problems, chosen.samples, seconds, before))
            if chosen.list:
                _list(store)


@contextmanager
def serving(file: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """The model behind `backmath llm serve` on a free port: its name and its base URL."""
    log = folder / "serve.txt"
    with log.open("w") as out:
        server = subprocess.Popen([BACKMATH, "llm", "serve", str(file), "--port", "0"], stdout=out, stderr=out)
        try:
            while not (found := re.search(r"http://[\d.:]+/v1", log.read_text())):
                if server.poll() is not None:
                    raise RuntimeError(log.read_text())
                time.sleep(0.2)
            yield file.stem, found[0]
        finally:
            server.terminate()
            server.wait(30)


def _gsm8k(count: int) -> Iterator[tuple[str, str, str]]:
    """Question, answer and annotated solution."""
    with (DATA / "gsm8k" / "train.jsonl").open(encoding="utf-8") as file:
        for line in islice(file, GSM8K_FROM, GSM8K_FROM + count):
            row = json.loads(line)
            solution, _, answer = row["answer"].rpartition("####")
            yield row["question"], answer.strip(), solution.strip()


def _math(count: int) -> Iterator[dict[str, str]]:
    """Problems of Prealgebra and Algebra in equal parts, with their solutions: they hold the answers."""
    left = {"Prealgebra": count - count // 2, "Algebra": count // 2}
    with gzip.open(DATA / "math" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in islice(file, MATH_FROM, None):
            row = json.loads(line)
            if left.get(row["type"], 0):
                left[row["type"]] -= 1
                yield {"question": row["problem"], "solution": row["solution"], "notation": "latex"}


def _ingest(source: str, rows: list[dict[str, str]], folder: Path, here: tuple[str, ...]) -> None:
    path = folder / f"{source}.jsonl"
    path.write_text("".join(json.dumps(row | {"source": source}) + "\n" for row in rows), encoding="utf-8")
    run(BACKMATH, "ingest", "records", "--path", str(path), *here)


def _store(workspace: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(workspace / "backmath.duckdb"), read_only=True)


_PLACE = "original_question, condition_start"


def _open(store: duckdb.DuckDBPyConnection) -> set[str]:
    """The trace's candidates that wait for people."""
    rows = store.execute(
        "SELECT candidate_id FROM candidate_overview WHERE formula = 'trace' AND decision = 'review'"
    ).fetchall()
    return {candidate_id for (candidate_id,) in rows}


def _line(store: duckdb.DuckDBPyConnection, problems: int, samples: int, seconds: float, before: set[str]) -> str:
    parts = [f"real_llm: Qwen2.5-Coder-1.5B, {samples} samples, {seconds / 60:.0f} min on this machine"]
    for source, name in (("bare", "GSM8K without annotations"), ("math", "MATH Prealgebra and Algebra")):
        holding, accepted, of, review = store.execute(
            "SELECT (SELECT count(*) FROM latest_derivations JOIN problems USING (problem_id) "
            "WHERE source = $source AND expression IS NOT NULL), "
            "count(*) FILTER (decision = 'accept'), count(DISTINCT problem_id) FILTER (decision = 'accept'), "
            "count(*) FILTER (decision = 'review') FROM candidate_overview WHERE source = $source",
            {"source": source},
        ).fetchall()[0]
        parts.append(
            f"{name}: formulas for {holding} of {problems} problems, {accepted} accepted candidates from {of} of them, "
            f"{review} in review"
        )
    compared = store.execute(
        f"SELECT mine.equation, trace.equation, trace.decision FROM candidate_overview AS mine "
        f"JOIN candidate_overview AS trace USING ({_PLACE}) "
        "WHERE mine.source = 'bare' AND mine.decision = 'accept' AND trace.formula = 'trace' "
        "AND trace.equation IS NOT NULL"
    ).fetchall()
    alike = [(_same(mine, trace), decision) for mine, trace, decision in compared]
    certain = [equal for equal, decision in alike if decision == "accept"]
    low, high = wilson(sum(certain), len(certain))
    parts.append(
        f"precision against accepted traces: {sum(certain)} of {len(certain)} the same function "
        f"({low:.0%}-{high:.0%}), against doubtful ones too {sum(equal for equal, _ in alike)} of {len(alike)}"
    )
    settled = store.execute(
        "SELECT candidate_id FROM candidate_overview WHERE formula = 'trace' AND decision = 'accept'"
    ).fetchall()
    unproved = store.execute(
        "SELECT count(*) FROM candidate_overview JOIN check_overview USING (candidate_id) WHERE decision = 'accept' "
        "AND check_name IN ('formula_holds', 'two_sided', 'unique_root', 'steps_hold') AND outcome <> 'pass'"
    ).fetchall()[0][0]
    parts.append(
        f"agreement settled {len(before & {candidate_id for (candidate_id,) in settled})} of {len(before)} candidates "
        f"that the trace left open; accepted without proof: {unproved}"
    )
    return "; ".join(parts)


def _same(mine: str, trace: str) -> bool:
    """Whether two equations are the same function of their unknown."""
    left, right = (equation.rpartition(" = ")[0] for equation in (mine, trace))
    return same(_function(left), _function(right))


def _function(text: str) -> object:
    (name,) = set(re.findall(r"(?<![a-z])[a-z](?![a-z(])", text))
    return compute(parse(text, (name,)), {name: UNKNOWN})


def _list(store: duckdb.DuckDBPyConnection) -> None:
    rows = store.execute(
        "SELECT source, original_question, original_answer, condition_text, equation, decision, reasons "
        "FROM candidate_overview WHERE formula = 'formalize' AND source <> 'annotated' AND decision <> 'reject' "
        "ORDER BY decision, source, problem_id"
    ).fetchall()
    for row in rows:
        print(*row, sep=" | ")


if __name__ == "__main__":
    main()
