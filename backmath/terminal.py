"""What reaches the terminal: one console each for results and for errors, and text from data made harmless."""

import json
import sys
import unicodedata

from rich.console import Console
from rich.text import Text

_WIDEST = 100
"""Columns: longer lines of text are hard to read."""

_JOINERS = "\u200c\u200d"
"""Format characters that only join or part letters: harmless, and Persian, Hindi and emoji need them."""

_ACTIVE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories a terminal may act on: controls (ANSI escapes), bidi marks, lone surrogates, line separators."""

MARKS = {
    "pass": ("✓", "green"),
    "undecided": ("?", "yellow"),
    "fail": ("✗", "red"),
    "accept": ("✓", "green"),
    "review": ("?", "yellow"),
    "reject": ("✗", "red"),
    "failed": ("!", "red"),
}
"""The mark and style of each outcome of a check, of each decision, and of a problem that failed."""


def safe(text: str) -> str:
    """The text with every character that a terminal may act on written out (`\\x1b`, `\\u202e`); newlines stay."""
    return "".join(
        character
        if character == "\n" or character in _JOINERS or unicodedata.category(character) not in _ACTIVE
        else character.encode("unicode_escape").decode()
        for character in text
    )


def data(text: str, style: str = "") -> Text:
    """Text from data, to be shown as it stands: no markup, no control characters."""
    return Text(safe(text), style=style)


def times(count: int, noun: str) -> str:
    """A count of something: `1 row`, `2 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def heading(text: str) -> Text:
    """The title of a part of a screen."""
    return Text(f"\n{text}", style="bold cyan")


def console() -> Console:
    """The console for results, no wider than reads well. It takes no markup: text from data stays text."""
    out = Console(markup=False, highlight=False, emoji=False)
    out.width = min(out.width, _WIDEST)
    return out


def print_json(value: object) -> None:
    """One JSON document on stdout and nothing else; pure ASCII, so that it is the same on every terminal."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def print_error(line: str) -> None:
    """One line on stderr."""
    print(f"backmath: {' '.join(safe(line).split())}", file=sys.stderr)
