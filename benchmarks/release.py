"""How fast a release is made, what is in it for GSM8K, and how time and memory grow.

python -m benchmarks.release [--candidates 100000]
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import BACKMATH, Cost, run
from curation.store import Store
from tests.data import DATA

BACKWARD, STEPS, SECONDS, MEMORY = 14_000, 100_000, 60.0, 2e9
"""What GSM8K has to give, and what 100,000 candidates may take."""
AGAINST = ("gsm8k/test.jsonl", "math/test.jsonl.gz", "math/math500.jsonl", "eval/svamp.jsonl")


def main() -> None:
    """A release of GSM8K held against the evaluation sets; then stores of copies, told apart by a word in front."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=100_000, metavar="N")
    wanted = parser.parse_args().candidates
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "gsm8k"
        generated(workspace, DATA / "gsm8k" / "train.jsonl")
        against = [part for name in AGAINST for part in ("--against", str(DATA / name))]
        cost, made = released(workspace, *against)
        backward = backward_of(made)
        print(
            f"release, GSM8K train: {backward:,} backward of {made['sources'][0]['problems']:,} problems, "
            f"{made['labelled_steps']:,} labelled steps, {told(cost)}; left out: "
            + ", ".join(f"{row['candidates']:,} {row['reason']}" for row in made["left_out"])
            + f"; target {'met' if backward >= BACKWARD and made['labelled_steps'] >= STEPS else 'MISSED'}"
        )
        for size in (wanted // 4, wanted):
            grown = Path(folder) / f"grown-{size}"
            shutil.copytree(workspace, grown, ignore=shutil.ignore_patterns("releases"))
            count = grow(grown, size)
            cost, made = released(grown)
            met = cost.seconds < SECONDS * max(1, size / 100_000) and cost.memory < MEMORY
            print(
                f"release, {count:,} accepted candidates, of which {backward_of(made):,} go in: {told(cost)}, "
                f"{cost.seconds / count * 1e3:.2f} ms each; target {'met' if met else 'MISSED'}"
            )


def told(cost: Cost) -> str:
    """Seconds and memory."""
    return f"{cost.seconds:.0f} s, {cost.memory / 1e9:.2f} GB"


def generated(workspace: Path, path: Path) -> None:
    """A workspace with what the problems of a file give."""
    run(BACKMATH, "ingest", "gsm8k", "--path", str(path), "--workspace", str(workspace))
    run(BACKMATH, "generate", "--workspace", str(workspace))


def released(workspace: Path, *options: str) -> tuple[Cost, dict[str, Any]]:
    """Make a release; what it took, and its manifest."""
    cost = run(BACKMATH, "release", "create", "--json", "--workspace", str(workspace), *options)
    found: dict[str, Any] = json.loads(cost.output)
    return cost, found


def backward_of(made: dict[str, Any]) -> int:
    """How many backward problems a manifest counts."""
    return sum(share["candidates"] for share in made["sources"])


def grow(workspace: Path, wanted: int) -> int:
    """Copy problems with all that belongs to them until there are so many accepted candidates, or leave some out.

    The copies differ in words of their own at the front of the question, a third of what it has, so that they are no
    duplicates; offsets move along. What comes of it is only written and read, as other rows are.
    """
    with Store(workspace).connect() as connection:
        accepted = "SELECT count(*) FROM candidate_overview WHERE decision = 'accept'"
        have = connection.execute(accepted).fetchall()[0][0]
        for copy in range(1, -(-wanted // have)):
            connection.execute(_COPY.format(copy=copy))
        if wanted < have:
            connection.execute(_LEAVE, [wanted / have])
        return int(connection.execute(accepted).fetchall()[0][0])


_COPY = """
    CREATE OR REPLACE TEMP MACRO other(id) AS substr(md5(id || '{copy}'), 1, 16);
    CREATE OR REPLACE TEMP MACRO moved(condition, front) AS struct_update(
        condition, "start" := condition."start" + length(front)::INTEGER,
        "end" := condition."end" + length(front)::INTEGER
    );
    CREATE OR REPLACE TEMP TABLE old_problems AS SELECT * FROM problems WHERE run_id <> 'copy';
    CREATE OR REPLACE TEMP TABLE old_derivations AS SELECT * FROM derivations WHERE run_id <> 'copy';
    CREATE OR REPLACE TEMP TABLE old_candidates AS SELECT * FROM candidates WHERE run_id <> 'copy';
    CREATE OR REPLACE TEMP TABLE old_checks AS SELECT * FROM checks WHERE run_id <> 'copy';
    CREATE OR REPLACE TEMP TABLE old_decisions AS SELECT * FROM decisions SEMI JOIN old_candidates USING (candidate_id);
    CREATE OR REPLACE TEMP TABLE fronts AS SELECT problem_id, array_to_string(list_transform(
        range(8 + length(question) // 16),
        lambda part: translate(substr(md5(problem_id || '{copy}' || part), 1, 5), '0123456789', 'ghijklmnop')
    ), ' ') || ' : ' AS front FROM old_problems;
    INSERT INTO problems SELECT old_problems.* REPLACE (
        other(problem_id) AS problem_id, front || question AS question, 'copy' AS run_id
    ) FROM old_problems JOIN fronts USING (problem_id);
    INSERT INTO derivations SELECT old_derivations.* REPLACE (
        other(derivation_id) AS derivation_id, other(problem_id) AS problem_id, 'copy' AS run_id,
        list_transform(candidate_ids, lambda id: other(id)) AS candidate_ids,
        list_transform(conditions, lambda each: moved(each, front)) AS conditions
    ) FROM old_derivations JOIN fronts USING (problem_id);
    INSERT INTO candidates SELECT old_candidates.* REPLACE (
        other(candidate_id) AS candidate_id, other(problem_id) AS problem_id, 'copy' AS run_id,
        front || question AS question,
        moved(condition, front) AS condition
    ) FROM old_candidates JOIN fronts USING (problem_id);
    INSERT INTO checks SELECT * REPLACE (other(candidate_id) AS candidate_id, 'copy' AS run_id) FROM old_checks;
    INSERT INTO decisions SELECT * REPLACE (other(candidate_id) AS candidate_id) FROM old_decisions;
"""

_LEAVE = """
    DELETE FROM derivations WHERE hash(problem_id) % 10000 >= 10000 * ?
"""


if __name__ == "__main__":
    main()
