"""Duplicates among questions: exact, near and structural, and which one of them is kept.

Exact: the same words. Structural: the same skeleton, so the same problem with other names and numbers. Near: of the
runs of three words that two questions have, at least 80% are in both (Jaccard). Of a group the better one is kept: the
higher rank, then the lower id. Questions are gone through best first, and one is dropped where it is like one that is
kept; so no two that are kept are alike, none is dropped for another that is dropped too, and the order in which they
come makes no difference.

Near ones are looked for with MinHash and banding (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, chapter 3),
and counted out exactly. With 16 bands of 5 a pair at 80% is overlooked once in 600 times, one at 90% in 10^6.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Literal, NamedTuple

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray

from curation.releases.grams import Hashes, grams, hashed, words
from curation.releases.skeleton import skeleton

NEAR = 0.8
"""The share of common runs of words from which two questions are near duplicates."""
SHINGLE = 3
"""Words of a run."""
MIN_SKELETON = 10
"""Marks of the shortest skeleton that makes twins: shorter ones (`evaluate x + #`) say too little."""

_BANDS, _ROWS = 16, 5
_MIX = np.array([pow(0x9E3779B97F4A7C15, power, 1 << 64) for power in range(1, _ROWS + 1)], np.uint64)
_COMPARED = 16
"""How many of the best of a band that many share are compared with the rest of them, which keeps the cost linear."""
_PAGE = 4000

Kind = Literal["exact", "near", "structural"]


class Question(NamedTuple):
    """A question, and how good it is: of duplicates the one of the higher rank is kept."""

    id: str
    text: str
    rank: int


class Duplicate(NamedTuple):
    """The question that is kept instead, and how far the two are alike: the Jaccard index of their runs of words."""

    of: str
    kind: Kind
    likeness: float


def duplicates(questions: Iterable[Question]) -> Mapping[str, Duplicate]:
    """The questions that are dropped, by id, each with the one that is kept instead of it.

    Ids are taken to be distinct. Holds about 400 bytes a question in memory, and its runs of words in a temporary file.
    """
    with TemporaryFile() as file:
        read = _read(questions, file)
        if not read.ids:
            return {}
        leaders = _leaders(read)
        replaced = _near(read, np.unique(leaders))
        dropped = {}
        for index, leader in enumerate(leaders.tolist()):
            kept = replaced.get(leader, leader)
            if index != kept:
                likeness = read.likeness(index, kept)
                dropped[read.ids[index]] = Duplicate(read.ids[kept], read.kind(index, kept), round(likeness, 4))
        return dropped


class _Questions(NamedTuple):
    """What is known of the questions, by their number."""

    ids: list[str]
    places: NDArray[np.int64]  # 0 for the best
    texts: Hashes
    twins: Hashes  # equal for structural twins
    bands: Hashes  # questions x bands
    shingles: Hashes  # in the file
    starts: NDArray[np.int64]

    def likeness(self, one: int, other: int) -> float:
        """The Jaccard index of their runs of words."""
        first, second = self._runs(one), self._runs(other)
        return len(first & second) / len(first | second)

    def kind(self, one: int, other: int) -> Kind:
        """How two questions that are alike are so."""
        if self.texts[one] == self.texts[other]:
            return "exact"
        return "structural" if self.twins[one] == self.twins[other] else "near"

    def _runs(self, index: int) -> set[int]:
        return set(self.shingles[self.starts[index] : self.starts[index + 1]].tolist())


def _read(questions: Iterable[Question], file: IO[bytes]) -> _Questions:
    source = iter(questions)
    ids: list[str] = []
    ranks, texts, twins, counts = (array("q"), array("Q"), array("Q"), array("q"))
    bands = [np.empty((0, _BANDS), np.uint64)]
    while page := list(islice(source, _PAGE)):
        split = [words(question.text) for question in page]
        shingles = grams(split, SHINGLE)
        shingles.values.tofile(file)
        bands.append(_bands(shingles.each()))
        ids += (question.id for question in page)
        ranks.extend(question.rank for question in page)
        texts.extend(hashed(" ".join(text)) for text in split)
        twins.extend(hashed(_twin_key(question.text, text)) for question, text in zip(page, split, strict=True))
        counts.extend(np.diff(shingles.starts).tolist())
    file.flush()
    places = np.empty(len(ids), np.int64)
    places[sorted(range(len(ids)), key=lambda index: (-ranks[index], ids[index]))] = np.arange(len(ids))
    return _Questions(
        ids=ids,
        places=places,
        texts=np.array(texts),
        twins=np.array(twins),
        bands=np.concatenate(bands),
        shingles=np.memmap(file, np.uint64, "r") if ids else np.empty(0, np.uint64),
        starts=np.concatenate(([0], np.cumsum(counts, dtype=np.int64))),
    )


def _twin_key(text: str, split: Sequence[str]) -> str:
    """The skeleton where it is long enough to tell a problem, else all the words."""
    marks = skeleton(text)
    return marks if marks.count(" ") + 1 >= MIN_SKELETON else "\n".join(split)


def _bands(texts: Iterator[Hashes]) -> Hashes:
    """For each text of a page the hashes of its bands: texts at 80% share one of them."""
    halves = ((text >> np.uint64(32)).tolist() for text in texts)
    made = MinHash.generator(halves, num_perm=_BANDS * _ROWS, hashfunc=int)
    signatures = np.stack([one.hashvalues for one in made]).astype(np.uint64)
    mixed: Hashes = (signatures.reshape(-1, _BANDS, _ROWS) * _MIX).sum(axis=2)
    return mixed


def _leaders(read: _Questions) -> NDArray[np.int64]:
    """For each question the best of its twins, which may be itself."""
    order = np.lexsort((read.places, read.twins))
    opens = _opens(read.twins[order])
    leaders = np.empty(len(order), np.int64)
    leaders[order] = order[opens][np.cumsum(opens) - 1]
    return leaders


def _near(read: _Questions, candidates: NDArray[np.int64]) -> dict[int, int]:
    """Those of the candidates that are near a better one that is kept, each with that one."""
    by_place = candidates[np.argsort(read.places[candidates])]
    replaced: dict[int, int] = {}
    for worse, better in _pairs(read.bands[by_place]):
        one, other = int(by_place[worse]), int(by_place[better])
        if one not in replaced and other not in replaced and read.likeness(one, other) >= NEAR:
            replaced[one] = other
    return replaced


def _pairs(bands: Hashes) -> Iterator[tuple[int, int]]:
    """The pairs (worse, better) of rows, best first, that share a band; by the worse, then by the better one."""
    found = [np.empty(0, np.int64)]
    for band in bands.T:
        order = np.argsort(band, kind="stable")
        firsts = np.flatnonzero(_opens(band[order]))
        sizes = np.diff(np.append(firsts, len(order)))
        first = np.repeat(firsts, sizes)
        offset = np.arange(len(order)) - first
        for rank in range(min(_COMPARED, int(sizes.max()) - 1)):
            later = np.flatnonzero(offset > rank)
            found.append(order[later] * len(order) + order[first[later] + rank])
    codes = np.unique(np.concatenate(found))
    return zip((codes // len(bands)).tolist(), (codes % len(bands)).tolist(), strict=True)


def _opens(sorted_keys: Hashes) -> NDArray[np.bool_]:
    """Where a run of equal keys begins."""
    return np.append(True, sorted_keys[1:] != sorted_keys[:-1])
