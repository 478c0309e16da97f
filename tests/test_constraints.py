"""The constraints file pins everything that gets installed."""

import re
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def installed_for(name: str, extras: frozenset[str], seen: set[tuple[str, str]]) -> set[str]:
    """The names of all that `name` with its extras brings along on this machine, itself left out."""
    found = set()
    for line in requires(name) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        wanted = marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})
        below = canonicalize_name(requirement.name)
        key = (below, ",".join(sorted(requirement.extras)))
        if not wanted or key in seen:
            continue
        seen.add(key)
        found |= {below} | installed_for(below, frozenset(requirement.extras), seen)
    return found


def test_everything_that_gets_installed_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9._+!-]+)", line) for line in lines if not line.startswith("#")]
    assert all(pins)
    pinned = {canonicalize_name(pin[1]) for pin in pins if pin}
    assert installed_for("backmath", frozenset({"dev", "local", "training"}), set()) <= pinned
