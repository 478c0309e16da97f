"""How many backward problems GSM8K's training set gives with no hand at all, and how many proved steps are in them.

python -m benchmarks.gsm8k_yield
"""

import tempfile
from pathlib import Path

import duckdb

from benchmarks.measure import BACKMATH, run
from tests.data import DATA

TARGET = {"accepted": 14_000, "problems": 6_000, "steps": 80_000}


def main() -> None:
    """Run the real commands on the real file and count in the store."""
    path = DATA / "gsm8k" / "train.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        run(BACKMATH, "ingest", "gsm8k", "--path", str(path), "--workspace", folder)
        cost = run(BACKMATH, "generate", "--workspace", folder)
        with duckdb.connect(str(Path(folder) / "backmath.duckdb"), read_only=True) as store:
            found = {
                "accepted": _count(store, "SELECT count(*) FROM candidate_overview WHERE decision = 'accept'"),
                "problems": _count(
                    store, "SELECT count(DISTINCT problem_id) FROM candidate_overview WHERE decision = 'accept'"
                ),
                "steps": _count(
                    store,
                    "SELECT coalesce(sum(len(list_filter(solution, lambda step: step.equation IS NOT NULL))), 0) "
                    "FROM candidates JOIN candidate_overview USING (candidate_id) WHERE decision = 'accept'",
                ),
            }
            rest = _count(store, "SELECT count(*) FROM candidate_overview WHERE decision <> 'accept'")
            silent = _count(store, "SELECT count(*) FROM candidate_overview WHERE len(reasons) = 0")
    missed = [name for name, least in TARGET.items() if found[name] < least]
    print(
        f"gsm8k_yield: {found['accepted']:,} accepted backward problems from {found['problems']:,} of 7,473 problems, "
        f"{found['steps']:,} proved steps; {rest:,} in review or rejected, {silent} without a reason; "
        f"{cost.seconds:.1f} s; target {'missed: ' + ', '.join(missed) if missed or silent else 'met'}"
    )


def _count(store: duckdb.DuckDBPyConnection, query: str) -> int:
    row = store.execute(query).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    main()
