"""Where words stand in a text: at their own offsets, however they are spelled, and never inside a word or a number."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generation.formulas.places import Text
from tests.generation.verification.attacks import ATTACKS

TEXT = "Ida’s  15 caps cost $1,500 –\n5 hats $60.50 each.\tTwo caps, 5.5 m, a5 and 5 HATS."


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("15 caps", ["15 caps"]),
        ("Ida's 15 CAPS", ["Ida’s  15 caps"]),
        ("$1,500 - 5 hats", ["$1,500 –\n5 hats"]),
        ("5 hats", ["5 hats", "5 HATS"]),
        ("5  hats ", ["5 hats", "5 HATS"]),
        ("each. two", ["each.\tTwo"]),
        ("caps", ["caps", "caps"]),
        ("cap", []),
        ("5", ["5", "5"]),
        ("60", []),
        ("60.50", ["60.50"]),
        ("50", []),
        (".50 each", [".50 each"]),
        ("caps,", ["caps,"]),
        ("5 hats each", []),
        ("", []),
        (" ", []),
        ("(.*)+", []),
    ],
)
def test_words_stand_where_they_stand(words: str, found: list[str]) -> None:
    assert [TEXT[start:end] for start, end in Text(TEXT).places(words)] == found


@given(st.text("ab1. \n", max_size=40), st.text("ab1. ", min_size=1, max_size=4))
@example("a a a", "a a")
def test_every_place_and_no_other_is_found(text: str, words: str) -> None:
    parts = words.split()
    if not parts:
        assert Text(text).places(words) == []
        return
    pattern = r"\s+".join(map(re.escape, parts))
    before = r"(?<![\w.])" if parts[0][0].isalnum() else ""
    behind = r"(?!\w|\.\d)" if parts[-1][-1].isalnum() else ""
    expected = [match.span(1) for match in re.finditer(rf"(?={before}({pattern}){behind})", text)]
    assert Text(text).places(words) == expected


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: f"{text[:20]!r}-{len(text)}")
def test_the_places_in_any_text_are_its_own(attack: str) -> None:
    text = attack[:20_000]
    for start, end in Text(text).places(text[:30]):
        assert 0 <= start < end <= len(text)
