"""Corruption: a solution made wrong at one step; the kinds, and how often each is tried first."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from curation.process_labels.proved import Label
from schemas.identity import content_id

CorruptionKind = Literal[
    "arithmetic_slip",  # a carry, a digit: 48 + 24 = 62
    "sign_error",  # added where it says subtract, or the other way: 48 - 24 = 72
    "wrong_operation",  # 48*2 for 48/2
    "wrong_number",  # another number of the question in a condition's place
    "wrong_quantity",  # right arithmetic on the wrong quantity: another one in an earlier result's place
    "skipped_step",  # a step left out, and what it began from used for what it came to
    "wrong_constant",  # 100 minutes in an hour
    "wrong_inverse",  # backward: multiplied where it takes a division to undo
]

WEIGHTS: dict[CorruptionKind, int] = {
    "arithmetic_slip": 2,
    "sign_error": 3,
    "wrong_operation": 20,
    "wrong_number": 20,
    "wrong_quantity": 25,
    "skipped_step": 20,
    "wrong_constant": 10,
    "wrong_inverse": 20,
}
"""Real errors are mostly true arithmetic on the wrong thing: of the first wrong steps that are marked in ProcessBench
(GSM8K) and by teachers, under a tenth hold a false equality (benchmarks/process_labels.py)."""

FALSE_ARITHMETIC: frozenset[CorruptionKind] = frozenset({"arithmetic_slip", "sign_error"})
"""The kinds whose step states a false equality; that of any other is true and comes to another value than the truth."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """A whole wrong solution: its steps, the labels of those before the wrong one, and what the last one comes to."""

    kind: CorruptionKind
    steps: tuple[str, ...]
    before: tuple[Label, ...]
    answer: str

    @property
    def wrong(self) -> int:
        """The index of the wrong step."""
        return len(self.before)

    @property
    def labels(self) -> tuple[Label, ...]:
        """Those before the wrong step, 0 for it, and None for what follows."""
        return (*self.before, 0, *(None,) * (len(self.steps) - self.wrong - 1))


Thing = TypeVar("Thing")


def chance(*identity: str) -> random.Random:
    """The random numbers of one thing, the same on every machine: seeded by its content id."""
    return random.Random(int(content_id("corruption", *identity), 16))


def weighted(things: Sequence[Thing], weights: Sequence[float], random_numbers: random.Random) -> list[Thing]:
    """All things in a random order, those of more weight earlier (Efraimidis and Spirakis 2006)."""
    keys = [random_numbers.random() ** (1 / weight) for weight in weights]
    return [things[index] for index in sorted(range(len(things)), key=lambda index: -keys[index])]


def tried(random_numbers: random.Random) -> list[CorruptionKind]:
    """All kinds, in the order in which they are tried this time."""
    return weighted(list(WEIGHTS), list(WEIGHTS.values()), random_numbers)
