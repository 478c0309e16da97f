"""Command lines as the user would type them, for messages and for the record of a run."""

import shlex
from pathlib import Path

from backmath.config import DEFAULT_WORKSPACE


def typed(*words: str, **options: object) -> str:
    """`backmath`, the words, and the options that are not None, quoted for a shell; a list gives its option again."""
    given = [
        part
        for name, value in options.items()
        if value is not None
        for each in (value if isinstance(value, list) else [value])
        for part in (f"--{name.replace('_', '-')}", *_values(each))
    ]
    return shlex.join(["backmath", *words, *given])


def _values(value: object) -> list[str]:
    """What stands behind the name of an option: nothing for a switch."""
    if value is True:
        return []
    return [str(each) for each in value] if isinstance(value, tuple) else [str(value)]


def within(line: str, workspace: Path) -> str:
    """The command line for this workspace: with `--workspace` unless it is the default one."""
    return line if workspace == DEFAULT_WORKSPACE else f"{line} --workspace {shlex.quote(str(workspace))}"
