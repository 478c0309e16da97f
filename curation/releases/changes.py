"""What is new in a version, as its change log says it, and which number that makes it."""

from collections.abc import Sequence, Set

from schemas.release import Manifest, Version


def next_version(previous: Version | None, before: Set[str], now: Set[str]) -> Version:
    """The version after `previous`: major where candidates went out, minor where some came in, else patch."""
    if previous is None:
        return Version(1, 0, 0)
    if before - now:
        return Version(previous.major + 1, 0, 0)
    if now - before:
        return Version(previous.major, previous.minor + 1, 0)
    return Version(previous.major, previous.minor, previous.patch + 1)


def changes(previous: str | None, before: Set[str], now: Set[str]) -> str:
    """What came in and went out since the version before, in one sentence."""
    if previous is None:
        return f"The first version: {len(now):,} backward problems."
    added, removed, kept = len(now - before), len(before - now), len(now & before)
    return f"Since {previous}: {added:,} backward problems came in, {removed:,} went out, {kept:,} stayed."


def log(made: Manifest, told: str, earlier: Sequence[tuple[str, str]]) -> str:
    """The change log: this version and those before, newest first, each with what it says of itself."""
    entries = [(made.version, told), *reversed(earlier)]
    return "# Changelog\n\n" + "\n".join(f"## {version}\n\n{text}\n" for version, text in entries)
