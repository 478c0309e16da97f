"""Duplicates: found, told apart by kind, and the better one kept, in whatever order they come."""

import gzip
import json
import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.releases.duplicates import MIN_SKELETON, NEAR, SHINGLE, Question, duplicates
from curation.releases.grams import words
from curation.releases.skeleton import skeleton
from tests.data import data_file

LONG = (
    "A farmer has {} hens and {} ducks in a barn behind the old mill, and each of the hens lays {} eggs in a week "
    "of summer while the ducks lay none. How many eggs does the farmer have after {} weeks?"
)


def runs(text: str) -> set[tuple[str, ...]]:
    split = words(text)
    return {tuple(split[place : place + SHINGLE]) for place in range(max(len(split) - SHINGLE + 1, 1))}


def likeness(one: str, other: str) -> float:
    return len(runs(one) & runs(other)) / len(runs(one) | runs(other))


def letters(number: int) -> str:
    """A word of its own for each number."""
    return "w" + "".join(chr(97 + int(digit)) for digit in str(number))


def test_the_three_kinds_are_told_apart() -> None:
    text = LONG.format(12, 8, 5, 3)
    found = duplicates(
        [
            Question("kept", text, 9),
            Question("spaced", text.replace(" ", "  ").upper(), 1),
            Question("numbers", LONG.format(40, 7, 6, 2), 1),
            Question("worded", text.replace("old mill", "old house"), 1),
            Question("other", "A train leaves at noon with 40 people in it. How many are left when 12 get out?", 1),
        ]
    )
    assert {key: (one.of, one.kind) for key, one in found.items()} == {
        "spaced": ("kept", "exact"),
        "numbers": ("kept", "structural"),
        "worded": ("kept", "near"),
    }
    assert found["worded"].likeness == round(likeness(text, text.replace("old mill", "old house")), 4) >= NEAR


def test_the_higher_rank_is_kept_and_of_equal_ones_the_lower_id() -> None:
    ranked = [
        Question("a", "Tom has 5 pens.", 1),
        Question("b", "Tom has 5 pens.", 2),
        Question("c", "tom has 5 pens", 2),
    ]
    assert {key: one.of for key, one in duplicates(ranked).items()} == {"a": "b", "c": "b"}


def test_short_questions_are_no_twins() -> None:
    short = [Question("a", "Evaluate $\\log_8 2$.", 1), Question("b", "Evaluate $\\log_9 3$.", 1)]
    assert skeleton(short[0].text) == skeleton(short[1].text)
    assert not duplicates(short)


def test_operators_make_other_questions() -> None:
    assert not duplicates([Question("a", "Compute 2+3", 1), Question("b", "Compute 2-3", 1)])


def test_a_chain_of_alike_ones_keeps_those_that_are_not() -> None:
    base = [letters(number) for number in range(60)]
    chain = [" ".join(base[shift : shift + 50]) for shift in (0, 5, 10)]
    assert likeness(chain[0], chain[1]) >= NEAR > likeness(chain[0], chain[2])
    ranked = [Question(str(place), text, -place) for place, text in enumerate(chain)]
    assert {key: one.of for key, one in duplicates(ranked).items()} == {"1": "0"}


WORDS = st.sampled_from(["Tom", "sells", "seven", "pens", "7", "8", "and", "he", "buys", "she", "red", "blue", "of"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=16).map(" ".join), max_size=30), st.randoms())
def test_order_does_not_matter_and_no_two_kept_are_alike(texts: list[str], shuffle: random.Random) -> None:
    questions = [Question(f"{place:03}", text, len(text) % 3) for place, text in enumerate(texts)]
    found = duplicates(questions)
    shuffled = questions.copy()
    shuffle.shuffle(shuffled)
    assert duplicates(shuffled) == found
    by_id = {question.id: question for question in questions}
    kept = [question for question in questions if question.id not in found]
    for key, one in found.items():
        assert one.of not in found
        better, worse = by_id[one.of], by_id[key]
        assert (-better.rank, better.id) < (-worse.rank, worse.id)
    skeletons = [marks for question in kept if (marks := skeleton(question.text)).count(" ") + 1 >= MIN_SKELETON]
    assert len(skeletons) == len(set(skeletons))
    assert len({" ".join(words(question.text)) for question in kept}) == len(kept)


@pytest.mark.parametrize("text", ["", "\ud800", "?" * 10**5, "x " * 10**5, "\x00"])
def test_hostile_texts_are_questions_like_others(text: str) -> None:
    questions = [Question("a", text, 1), Question("b", text, 1), Question("c", "How many?", 1)]
    assert duplicates(questions) == {"b": ("a", "exact", 1.0)}


def test_nothing_gives_nothing() -> None:
    assert duplicates([]) == {}


def test_many_of_one_template_cost_what_they_are() -> None:
    """A thousand that share nearly all their bands: each is held against the best few, and falls for one of them."""
    base = LONG.format(1, 2, 3, 4)
    made = [Question(f"{number:04}", f"{base} {letters(number)}", 0) for number in range(1000)]
    found = duplicates(made)
    assert len(found) == 999
    assert {one.of for one in found.values()} == {"0000"}


def test_near_ones_of_math_are_those_that_all_pairs_give() -> None:
    """Against every pair of 1,500 questions, counted out: none is missed and none invented."""
    with gzip.open(data_file("math/train.jsonl.gz"), "rt") as lines:
        texts = [json.loads(line)["problem"] for line in lines][:1500]
    questions = [Question(f"{place:05}", text, 0) for place, text in enumerate(texts)]
    found = duplicates(questions)
    sets = {question.id: runs(question.text) for question in questions if question.id not in found}
    alike = [
        (one, other)
        for one, other in combinations(sets, 2)
        if len(sets[one] & sets[other]) >= NEAR * len(sets[one] | sets[other])
    ]
    assert not alike
    near = [(key, one) for key, one in found.items() if one.kind == "near"]
    assert near
    for key, one in near:
        assert likeness(texts[int(key)], texts[int(one.of)]) >= NEAR
