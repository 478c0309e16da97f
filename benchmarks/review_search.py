"""Search in the embedded Argilla over HTTP, as the web page asks, at 2,000 and at 20,000 records.

python -m benchmarks.review_search [RECORDS ...]

Each record has six fields of text (1.5 kB in all), five metadata properties and a suggestion, like those that
`review push` sends. Measured: writing them in batches of 500; for one annotator the median of the pending queue, of it
sorted and filtered by metadata, and of text searches for a common, a middling and a rare word; then eight annotators
at once, each in turn asking for the next record and answering it. The obvious alternative, looking for the middling
word in every record, is timed on the same database without a server between: with LIKE in SQL, and word by word in
Python.
"""

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from curation.review.names import WORKSPACES
from curation.review.server.credentials import Account
from curation.review.server.folder import DATABASE_NAME, folder
from tests.curation.review.running import RunningArgilla, running

SIZES = (2_000, 20_000)
BATCH = 500
ROUNDS = 15
PEOPLE = 8
ANSWERS_EACH = 15
QUERY_MS, TOGETHER_MS, WRITTEN_A_SECOND = 100, 300, 100
"""What has to be reached."""
LABELS = ("accept", "correct", "reject", "unsure")

_WORDS = ["".join(random.Random(seed).choices("abcdefghijklmnopqrstuvwxyz", k=2 + seed % 8)) for seed in range(8_000)]
_WEIGHTS = [1 / (rank + 3) for rank in range(len(_WORDS))]
COMMON, MIDDLING, RARE = _WORDS[2], _WORDS[60], _WORDS[3_000]


def main() -> None:
    """Measure each size with a server of its own, and print the figures."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    said, missed = [], []
    for size in sizes:
        with tempfile.TemporaryDirectory() as workspace:
            text, failed = measured(Path(workspace), size)
        said.append(f"{size:,} records: {text}")
        missed += [f"{each} at {size:,}" for each in failed]
    print(f"review_search: {'; '.join(said)}; target {'missed: ' + ', '.join(missed) if missed else 'met'}")


def measured(workspace: Path, size: int) -> tuple[str, list[str]]:
    """The figures of one size in words, and what of them is not reached."""
    people = tuple(f"person-{number}" for number in range(PEOPLE))
    with running(workspace, annotators=people) as argilla:
        dataset, question = create(argilla)
        rate = write(argilla, dataset, question, size)
        path = f"/api/v1/me/datasets/{dataset}/records/search?include=responses&include=suggestions&limit=10&offset=0"
        took = {
            name: timed(lambda body=body: argilla.ask("POST", path, by=argilla.annotators[0], json_body=body))
            for name, body in queries().items()
        }
        with ThreadPoolExecutor(PEOPLE) as pool:
            each = list(pool.map(lambda person: work(argilla, path, person), argilla.annotators))
        together = 1_000 * median(ms for mine in each for ms in mine)
    like, scanned = scans(folder(workspace) / DATABASE_NAME)
    failed = [name for name, ms in took.items() if ms > QUERY_MS]
    failed += ["eight at once"] * (together > TOGETHER_MS) + ["writing"] * (rate < WRITTEN_A_SECOND)
    medians = ", ".join(f"{name} {ms:.0f} ms" for name, ms in took.items())
    return (
        f"{medians}; by LIKE {like:.0f} ms, scanned in Python {scanned:.0f} ms; {PEOPLE} at once {together:.0f} ms a "
        f"request, no error; written {rate:.0f} a second"
    ), failed


def create(argilla: RunningArgilla) -> tuple[str, str]:
    """A published dataset like that of review; its id, and that of its required question."""
    owner = argilla.owner
    workspaces = argilla.ask("GET", "/api/v1/me/workspaces", by=owner)["items"]
    workspace = next(each["id"] for each in workspaces if each["name"] == WORKSPACES["review"])
    body = {"name": "benchmark", "workspace_id": workspace}
    dataset = str(argilla.ask("POST", "/api/v1/datasets", by=owner, json_body=body)["id"])

    def add(kind: str, name: str, **settings: Any) -> str:
        body = {"name": name, "title": name, "settings": settings}
        body |= {} if kind == "metadata-properties" else {"required": True}
        return str(argilla.ask("POST", f"/api/v1/datasets/{dataset}/{kind}", by=owner, json_body=body)["id"])

    for place in range(6):
        add("fields", f"field-{place}", type="text", use_markdown=True)
    options = [{"value": value, "text": value} for value in LABELS]
    question = add("questions", "verdict", type="label_selection", options=options)
    for name, kind in (("uncertainty", "float"), ("steps", "integer")):
        add("metadata-properties", name, type=kind)
    for name in ("source", "formula", "failed"):
        add("metadata-properties", name, type="terms")
    argilla.ask("PUT", f"/api/v1/datasets/{dataset}/publish", by=owner)
    return dataset, question


def write(argilla: RunningArgilla, dataset: str, question: str, size: int) -> float:
    """Write so many records; how many a second."""
    dice = random.Random(size)
    spent = 0.0
    for start in range(0, size, BATCH):
        items = [made(dice, question, number) for number in range(start, min(start + BATCH, size))]
        began = time.perf_counter()
        argilla.ask("PUT", f"/api/v1/datasets/{dataset}/records/bulk", by=argilla.owner, json_body={"items": items})
        spent += time.perf_counter() - began
    return size / spent


def made(dice: random.Random, question: str, number: int) -> dict[str, Any]:
    """One record."""
    return {
        "external_id": str(number),
        "fields": {f"field-{place}": " ".join(dice.choices(_WORDS, _WEIGHTS, k=38)) for place in range(6)},
        "metadata": {
            "uncertainty": dice.random(),
            "steps": dice.randint(1, 9),
            "source": dice.choice(["gsm8k", "math", "asdiv"]),
            "formula": "trace",
            "failed": dice.sample(["provenance", "agreement", "no_leak"], k=2),
        },
        "suggestions": [
            {"question_id": question, "value": dice.choice(LABELS), "score": dice.random(), "agent": "model"}
        ],
    }


def queries() -> dict[str, dict[str, Any]]:
    """What is asked, by name: each within the pending queue, as the page does."""
    pending = [
        {"type": "terms", "scope": {"entity": "response", "property": "status"}, "values": ["pending"]},
        {"type": "terms", "scope": {"entity": "record", "property": "status"}, "values": ["pending"]},
    ]
    uncertainty = {"entity": "metadata", "metadata_property": "uncertainty"}
    within = {"type": "range", "scope": uncertainty, "ge": 0.2, "le": 0.5}
    return {
        "pending queue": {"filters": {"and": pending}},
        "sorted": {"filters": {"and": pending}, "sort": [{"scope": uncertainty, "order": "desc"}]},
        "filtered": {"filters": {"and": [*pending, within]}},
        **{
            f"{name} word": {"query": {"text": {"q": word}}, "filters": {"and": pending}}
            for name, word in (("common", COMMON), ("middling", MIDDLING), ("rare", RARE))
        },
    }


def work(argilla: RunningArgilla, path: str, person: Account) -> list[float]:
    """Ask for the next record and answer it, some times over; the seconds of each request."""
    spent = []
    for _ in range(ANSWERS_EACH):
        began = time.perf_counter()
        items = argilla.ask("POST", path, by=person, json_body=queries()["pending queue"])["items"]
        asked = time.perf_counter()
        answer = {"status": "submitted", "values": {"verdict": {"value": "accept"}}}
        argilla.ask("POST", f"/api/v1/records/{items[0]['record']['id']}/responses", by=person, json_body=answer)
        spent += [asked - began, time.perf_counter() - asked]
    return spent


def scans(database: Path) -> tuple[float, float]:
    """Milliseconds to look for the middling word in every record: with LIKE, and word by word in Python."""
    with closing(sqlite3.connect(database)) as connection:

        def like() -> object:
            return connection.execute("SELECT id FROM records WHERE fields LIKE ?", [f"%{MIDDLING}%"]).fetchall()

        def scan() -> object:
            rows = connection.execute("SELECT id, fields FROM records")
            return [id for id, fields in rows if any(MIDDLING in text.split() for text in json.loads(fields).values())]

        return timed(like), timed(scan)


def timed(run: Callable[[], object]) -> float:
    """The median of some runs, in milliseconds, after one that warms up."""
    run()
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        spent.append(time.perf_counter() - began)
    return 1_000 * median(spent)


if __name__ == "__main__":
    main()
