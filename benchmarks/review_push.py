"""How fast candidates go to Argilla, whether a kill in the middle doubles any, and how Argilla's own client compares.

python -m benchmarks.review_push [--rows 10000]
"""

import argparse
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import argilla as rg

from benchmarks.measure import BACKMATH, run
from curation.review.argilla import Dataset, connect
from curation.review.settings import settings
from curation.store import Store
from tests.curation.review.running import RunningArgilla, running
from tests.data import DATA

TARGET = 100
"""Records a second, of an idle machine."""
CLIENT_ROWS = 1_000
"""Records that Argilla's client logs; its time is linear."""


def main() -> None:
    """Push to a real server, kill the command half way, push again; then log some of the same records by the client."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, metavar="N")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        path = DATA / "gsm8k" / "train.jsonl"
        run(BACKMATH, "ingest", "gsm8k", "--path", str(path), "--workspace", str(workspace))
        run(BACKMATH, "generate", "--workspace", str(workspace))
        with running(workspace) as argilla:
            dataset = connect(argilla.url, argilla.owner.api_key).make_dataset("review", 1)
            command = [BACKMATH, "review", "push", "--workspace", str(workspace)]
            command += ["--budget", str(rows), "--audit", "0.4"]
            killed_after = kill_half_way(command, dataset, rows)
            at_kill = dataset.count()
            rest = run(*command)
            seconds = (rows - at_kill) / rest.seconds
            ids = [str(each["external_id"]) for page in dataset.pages() for each in page]
            doubled = len(ids) - len(set(ids))
            with Store(workspace).connect(read_only=True) as connection:
                wanted = {key for (key,) in connection.execute("SELECT candidate_id FROM review_items").fetchall()}
            lost = len(wanted - set(ids))
            client = by_the_client(argilla, dataset)
        shutil.rmtree(workspace)
    met = seconds >= TARGET and not doubled and not lost
    print(
        f"review_push: {rows:,} records, killed (-9) at {at_kill:,} after {killed_after:.0f} s; the rest at "
        f"{seconds:.0f} records a second, {doubled} doubled, {lost} lost; Argilla's client {client:.0f} a second; "
        f"target {TARGET} a second {'met' if met else 'MISSED'}"
    )


def kill_half_way(command: list[str], dataset: Dataset, rows: int) -> float:
    """Kill the command once half of the rows are there; seconds that it ran."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and dataset.count() < rows / 2:
        time.sleep(0.5)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return time.perf_counter() - start


def by_the_client(argilla: RunningArgilla, ours: Dataset) -> float:
    """Records a second that Argilla's client logs, the same records into a dataset of its own."""
    client = rg.Argilla(api_url=argilla.url, api_key=argilla.owner.api_key)
    workspace = client.workspaces("backmath-review")
    dataset = rg.Dataset(name="by-the-client", workspace=workspace, settings=settings(client, "review", 1))
    dataset.create()
    sample: list[dict[str, Any]] = []
    for page in ours.pages():
        sample += page
        if len(sample) >= CLIENT_ROWS:
            break
    logged = [
        rg.Record(
            id=each["external_id"],
            fields=each["fields"],
            metadata=each["metadata"],
            suggestions=[rg.Suggestion("corrected_question", each["fields"]["question"], agent="backmath")],
        )
        for each in sample[:CLIENT_ROWS]
    ]
    start = time.perf_counter()
    dataset.records.log(logged)
    return len(logged) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
