"""Splits: a pure function of the skeleton, in the shares that it states."""

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from curation.releases.skeleton import skeleton
from curation.releases.splits import split_of
from tests.data import data_file


def test_sides_never_change() -> None:
    """These were written down once; a change of them moves published problems between train and test."""
    assert [split_of(f"how many # {number}") for number in (0, 9, 14)] == ["train", "validation", "test"]


def test_twins_are_on_one_side() -> None:
    for number in range(200):
        assert split_of(skeleton(f"Tom has {number} pens.")) == split_of(skeleton("Ann has 7 pens."))


@given(st.text())
def test_any_text_has_a_side(text: str) -> None:
    assert split_of(text) in ("train", "validation", "test")


def test_the_shares_are_those_stated() -> None:
    lines = data_file("gsm8k/train.jsonl").open()
    sides = Counter(split_of(skeleton(json.loads(line)["question"])) for line in lines)
    total = sum(sides.values())
    assert abs(sides["test"] / total - 0.05) < 0.01
    assert abs(sides["validation"] / total - 0.05) < 0.01
