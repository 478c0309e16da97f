"""The sources that can be read: for each its row reader, and its name on the hub, licence and splits."""

from collections.abc import Callable
from dataclasses import dataclass

from generation.sources import asdiv, gsm8k, math_competition, mawps, records, svamp
from generation.sources.errors import SourceError
from generation.sources.fields import Fields, Parts


@dataclass(frozen=True)
class Source:
    """A source: `parts` reads a row, `hub` is `owner/name:config`, the first of `splits` is the default."""

    name: str
    parts: Callable[[Fields], Parts]
    hub: str | None
    licence: str
    splits: tuple[str, ...]


SOURCES = {
    source.name: source
    for source in (
        Source("gsm8k", gsm8k.parts, "openai/gsm8k:main", "MIT", ("train", "test")),
        Source("math", math_competition.parts, "DigitalLearningGmbH/MATH-lighteval:default", "MIT", ("train", "test")),
        Source("asdiv", asdiv.parts, "EleutherAI/asdiv:asdiv", "CC BY-NC 4.0", ("validation",)),
        Source("mawps", mawps.parts, "MU-NLPC/Calc-mawps:default", "MIT", ("train", "validation", "test")),
        Source("svamp", svamp.parts, "ChilleD/SVAMP:default", "MIT", ("train", "test")),
        Source("records", records.parts, None, "unknown", ("train",)),
    )
}


def source(name: str) -> Source:
    """The source of that name. Raises SourceError where there is none."""
    if name not in SOURCES:
        raise SourceError(f"{name!r} is not a known source: {', '.join(SOURCES)}")
    return SOURCES[name]
