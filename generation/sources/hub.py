"""Rows of a data set on the Hugging Face hub, or of a local folder in its layout, through `datasets`."""

import logging
from collections.abc import Iterator
from pathlib import Path

from generation.sources.errors import SourceError
from generation.sources.row import Row


def hub_rows(name: str, split: str, streaming: bool) -> Iterator[Row]:
    """The rows of one split of `owner/name` or `owner/name:config`, numbered from 1.

    Streaming fetches only what is read; otherwise the split is kept in the cache of `datasets`, and is read from
    there the next time. Raises SourceError where the hub, the data set, the config or the split cannot be had.
    """
    import datasets  # takes a second to load, and files do without

    repository, _, config = (name, "", "") if Path(name).exists() else name.partition(":")
    # Without a network, every attempt to reach the hub is a warning; what is raised in the end says it once.
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        loaded = datasets.load_dataset(repository, config or None, split=split, streaming=streaming)
        for number, fields in enumerate(loaded, 1):
            yield Row(number, fields)
    except Exception as error:  # whatever the library, the network or the data set's own format raise
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise SourceError(f"{name}, split {split}, cannot be read from the hub: {reason}") from error
    finally:
        logger.setLevel(level)
