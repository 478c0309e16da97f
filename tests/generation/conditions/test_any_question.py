"""Properties of the conditions of any text, hostile text included."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.conditions.finder import MAX_CONDITIONS, find_conditions
from generation.verification.expression import MAX_DIGITS
from schemas.condition import Condition
from schemas.problem import Notation

PIECES = st.sampled_from(
    """$ % € ½ 1 0 12 1,000 .5 1/2 0/0 3/4 2 - -- . , : ; ( ) { } [ ] \\ \\$ \\% \\frac \\frac12 \\frac{1}{2} ^ _ {,}
    \\! pm am rd th 's one two twenty five hundred thousand million half third quarters twice double dozen a an the of
    and percent couple pair hour hours İ ẞ ٣ × − – \\[ \\] [asy] [/asy] \\begin \\text \\\\ = of_a""".split()  # noqa: SIM905
)
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(st.tuples(PIECES, st.sampled_from(("", " ", "  ", "-", "\n"))), max_size=30).map(
        lambda pieces: "".join(piece + joint for piece, joint in pieces)
    ),
)
NOTATIONS: st.SearchStrategy[Notation] = st.sampled_from(("annotated", "latex", "equation", "text"))


@given(TEXTS, NOTATIONS)
def test_spans_are_exact_sorted_and_apart_and_values_are_exact_numbers(text: str, notation: Notation) -> None:
    end = 0
    for condition in find_conditions(text, notation):
        assert end <= condition.start < condition.end
        assert text[condition.start : condition.end] == condition.text
        assert str(Fraction(condition.value)) == condition.value
        end = condition.end


@given(st.integers(0, 10**9), st.sampled_from(("{}", "{:,}")), st.sampled_from(("He has {} pens.", "Is it {}?", "{}")))
def test_any_whole_number_is_found_with_its_value(value: int, form: str, sentence: str) -> None:
    text = form.format(value)
    [found] = find_conditions(sentence.format(text), "annotated")
    assert found.text == text
    assert found.number == value


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_fraction_means_the_same_in_prose_and_in_latex(top: int, bottom: int) -> None:
    [prose] = find_conditions(f"It fills {top}/{bottom} of it", "annotated")
    [latex] = find_conditions(f"It fills $\\frac{{{top}}}{{{bottom}}}$ of it", "latex")
    assert prose.number == latex.number == Fraction(top, bottom)


@pytest.mark.parametrize(
    "text",
    [
        "7" * 20_000,
        "1," * 10_000,
        "1/" * 10_000,
        "1 and " * 3_000,
        "3.1" * 6_000,
        "$" * 20_000,
        "-" * 20_000 + "5",
        "\\frac{" * 3_000 + "1",
        "{" * 20_000,
        "^{" * 10_000,
        "[asy]" * 4_000,
        "\\[" * 10_000,
        "\\begin{" * 3_000,
        "1\\frac" * 3_000,
        "one hundred and " * 1_200,
        "a half " * 3_000,
        "two dozen " * 2_000,
        "a quarter are " * 1_400,
        "one quarter red " * 1_300,
        "a pair of very old red " * 900,
        "5 very old red " * 1_400,
        " " * 20_000 + "half",
        "twenty-" * 3_000,
        "x" * 20_000 + "5",
        "12:" * 7_000,
        "5 " + "a" * 20_000,
        "\u202e5\x00 6\u2066 apples" * 1_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
@pytest.mark.parametrize("notation", ["annotated", "latex"])
def test_a_hostile_question_is_read_in_no_time(text: str, notation: Notation) -> None:
    started = time.process_time()
    found = find_conditions(text, notation)
    assert time.process_time() - started < 2
    assert len(found) <= MAX_CONDITIONS


def test_a_number_over_the_digit_limit_is_left_out_and_one_at_the_limit_is_not() -> None:
    def values(text: str) -> list[Condition]:
        return list(find_conditions(text, "text"))

    assert len(values("9" * MAX_DIGITS)) == 1
    assert values("9" * (MAX_DIGITS + 1) + " and " + "1" * 10_000) == []
    assert values("0." + "3" * 10_000) == []
    assert values("1/" + "3" * 10_000) == []


def test_no_more_conditions_than_the_limit() -> None:
    assert len(find_conditions("5 pens. " * (MAX_CONDITIONS + 100), "text")) == MAX_CONDITIONS
