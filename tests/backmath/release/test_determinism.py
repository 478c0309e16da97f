"""The same decisions give the same bytes, wherever and however they came about."""

import os
import random
from pathlib import Path

from tests.backmath import cli

ELSEWHERE = {
    "PYTHONHASHSEED": "7",
    "TZ": "Asia/Kathmandu",
    "LANG": "C",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "OMP_NUM_THREADS": "2",
}
"""What another machine may have otherwise."""


def contents(folder: Path) -> dict[str, bytes]:
    """All files of the first release of a workspace in the folder."""
    place = folder / "workspace" / "releases" / "1.0.0"
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_neither_the_machine_nor_the_order_in_which_problems_came_changes_a_byte(
    quickstarted: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere, with a longer näme"
    folder.mkdir()
    lines = cli.SAMPLE.read_text().splitlines()
    random.Random(5).shuffle(lines)
    (folder / "sample.jsonl").write_text("\n".join(lines))
    ingest = ("ingest", "records", "--path", "sample.jsonl", "--columns", "solution=answer", "--licence", "Apache-2.0")
    mask, cores = os.umask(0o077), os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        for command in (ingest, ("generate",), ("release", "create")):
            cli.run(*command, cwd=folder, **ELSEWHERE)
    finally:
        os.sched_setaffinity(0, cores)
        os.umask(mask)
    assert contents(folder) == contents(quickstarted)
