"""Runs of n words as 8-byte hashes, of many texts at a time: what likeness and contamination are counted in."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, repeat
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]

_WORD = re.compile(r"[^\W_]+|[-+*/^=<>%]")
_ODD = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: the base of the polynomial."""


class Grams(NamedTuple):
    """The n-grams of several texts: those of text i are `values[starts[i]:starts[i + 1]]`, in their order."""

    values: Hashes
    starts: NDArray[np.int64]

    def each(self) -> Iterator[Hashes]:
        """Those of each text."""
        return (self.values[start:end] for start, end in zip(self.starts, self.starts[1:], strict=False))


def words(text: str) -> list[str]:
    """The words, numbers and operators of a text, in lower case."""
    return _WORD.findall(text.lower())


def grams(texts: Sequence[Sequence[str]], n: int) -> Grams:
    """The n-grams of texts that are split into words; one that has fewer words than n is one gram, the whole.

    A gram is the polynomial of its words' hashes, modulo 2^64. Two of a hundred million grams are taken for one with a
    probability of about 3 in 10,000.
    """
    padded = (chain(text, repeat("", n - len(text))) for text in texts)
    flat = np.fromiter(map(_hash, chain.from_iterable(padded)), np.uint64)
    lengths = np.fromiter((max(len(text), n) for text in texts), np.int64, len(texts))
    counts = lengths - (n - 1)
    starts = np.concatenate(([0], np.cumsum(counts)))
    total = max(len(flat) - (n - 1), 0)
    values = np.zeros(total, np.uint64)
    for place in range(n):
        values += flat[place : place + total] * np.uint64(pow(_ODD, place, 1 << 64))
    inside = np.repeat((n - 1) * np.arange(len(texts)), counts) + np.arange(starts[-1])
    return Grams(values[inside], starts)


def hashed(text: str) -> int:
    """Eight bytes of a hash of the text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


@lru_cache(maxsize=1 << 17)
def _hash(word: str) -> int:
    return hashed(word) if word else 0
