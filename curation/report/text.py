"""Text from data on its way into the page: of bounded length, every character seen, none that turns others round."""

from curation.columns import well_formed
from curation.review.markup import clean

LONGEST = 3_000
"""Characters of one text in the page: the whole is in the store."""


def readable(text: str) -> str:
    """The text with signs in the place of what is not seen, and cut where it is very long, saying so."""
    text = clean(well_formed(text))
    cut = len(text) - LONGEST
    return text if cut <= 0 else f"{text[:LONGEST]} … and {cut:,} more characters"


def short(text: str, longest: int = 60) -> str:
    """The text on one line, of so many characters at most."""
    line = " ".join(clean(well_formed(text[: 4 * longest])).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
