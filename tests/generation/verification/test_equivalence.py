"""Answers are equal, unequal or undecided: never equal by tolerance, unequal by notation, or decided by luck."""

import gzip
import json
import re
import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from generation import worker
from generation.verification import equivalence
from generation.verification.equivalence import Equivalence, equivalent
from tests.data import data_file

EQUAL = [
    # numbers
    ("72", "72.0"),
    ("1/2", "0.5"),
    ("1000", "1,000"),
    ("7425000", "7,425,000.00"),
    ("14916", r"14{,}916"),
    ("11111111100", r"11,\! 111,\! 111,\! 100"),
    ("-2/3", "2/(-3)"),
    (".5", r"\frac12"),
    ("1/3", r"\left( \tfrac{1}{3} \right)"),
    ("5/2", "2 1/2"),
    ("5/2", r"2\frac{1}{2}"),
    ("-5/2", r"-2\frac12"),
    ("10", "(9+1)"),
    ("2^10", "1024"),
    ("1267650600228229401496703205376", "2^{100}"),
    ("−5", "-5"),
    ("1.22", "1,22"),
    # units, money, percent, degrees
    ("72", "72 clips"),
    ("72", "$72"),
    ("72", r"\$72.00"),
    ("35 cm", r"35\text{ cm}"),
    (r"18\text{ hours}", "18"),
    ("28%", "28 percent"),
    ("28", r"28\%"),
    ("7/25", r"28\%"),
    (r"90^\circ", "90"),
    (r"90^\circ", r"90\text{ degrees}"),
    (r"90^\circ", r"\frac{\pi}{2}"),
    (r"\sin 30^\circ", r"\frac{1}{2}"),
    (r"99\pi \text{ square inches}", r"99\pi"),
    # algebra
    (r"\sqrt{8}", r"2\sqrt2"),
    (r"\frac{1}{\sqrt{2}}", r"\frac{\sqrt{2}}{2}"),
    (r"\sqrt{3+2\sqrt{2}}", r"1+\sqrt{2}"),
    (r"\sqrt[3]{8}", "2"),
    (r"\frac{3}{4}i", r"\frac34i"),
    ("i^2", "-1"),
    (r"e^{i\pi}", "-1"),
    (r"\frac{x+2}{7}", r"\frac{x}{7}+\frac{2}{7}"),
    ("(x+1)^2", "x^2+2x+1"),
    (r"\frac{x^2-1}{x-1}", "x+1"),
    (r"\tan^2(y)+1", r"\sec^2(y)"),
    (r"2\sin b\cos a", r"2\cos a\sin b"),
    (r"\log_2 8", "3"),
    (r"\binom{5}{2}", "10"),
    ("5!", "120"),
    (r"\sum_{k=1}^{10} k", "55"),
    ("|x-1|", "|1-x|"),
    # lists, sets, points, intervals, matrices
    ("1, 2", "1,2"),
    (r"\{1,2\}", "2, 1"),
    (r"\boxed{1} and \boxed{-2}", "-2,1"),
    (r"6 \text{ and } 8", r"\boxed{8 \text{ and } 6}"),
    (r"3 \pm \sqrt{2}", r"3+\sqrt2, 3-\sqrt2"),
    (r"x = 1 \text{ or } x = 2", r"\{2, 1\}"),
    ("(2,1),(1,2)", "(1,2),(2,1)"),
    ("(1,3)", "{1,3}"),
    (r"\left(\frac12, 3\right)", "(0.5,3)"),
    ("(p,q)=(3,2)", "(3,2)"),
    ("[0,1)", r"\left[0,1\right)"),
    (r"x \in [-2,7]", r"-2 \le x \le 7"),
    (r"(-\infty, 3]", r"x \leq 3"),
    (r"(0,2]\cup(1,3)", "(0,3)"),
    (r"\begin{pmatrix}1/2\\3\end{pmatrix}", r"\begin{bmatrix}0.5\\3\end{bmatrix}"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\left[\begin{array}{cc}1&2\\3&4\end{array}\right]"),
    (r"\emptyset", r"\{\}"),
    # equations
    ("5", "x = 5"),
    ("x = 5", "5"),
    ("x = 5", "5 = x"),
    ("105", "35 + 70 = 105"),
    ("1/3", r"k = \frac{2}{6} = \frac{1}{3} \approx 0.33"),
    ("11", r"x \approx 11"),
    ("f(x) = 1", "1"),
    ("W(n) = 1", "W(x) = 1"),
    ("2x+4y-3=0", r"y=-\frac{1}{2}x+\frac{3}{4}"),
    ("34x+45y-20z+100=0", "-34x-45y+20z-100=0"),
    (r"x \geq 5", r"5 \leq x"),
    ("x <= 1", "-x >= -1"),
    # words and names
    (r"\text{odd}", "odd"),
    (r"\text{(C)}", "C"),
    (r"\text{Friday}", "friday"),
    (r"\overline{AB}", r"\overline{AB}"),
    ("f'", "f'"),
    ("12:00", "12:00"),
    (r"1112_{3}", "1112_3"),
    ("52_8", "42"),
]

UNEQUAL = [
    ("1/3", "0.333"),
    ("0.333", "1/3"),
    ("1/3", "0.33333333333333333333333333333333"),
    (r"\frac{1}{3}", "0.333333333333333"),
    (r"\sqrt{2}", "1.41421356237309504880168872420969807856967"),
    (r"\pi", r"\frac{22}{7}"),
    (r"\pi", "3.141592653589793"),
    ("72", "73"),
    ("5.001", "5"),
    ("10^20+1", "10^20"),
    ("72", "720 clips"),
    ("28", r"29\%"),
    ("4", r"4\sqrt{2}"),
    ("x^2+2x+1", "y^2+2y+1"),
    ("x^3+2x+1", "x^2+2x+1"),
    ("x+2n+1", "x+1"),
    (r"x + \frac{1}{10^{20}}", "x"),
    ("(a+5)(b+2)", "(+5)(b+2)"),
    ("(3,1)", "{1,3}"),
    ("(1,2)", "(2,1)"),
    ("(1,2)", "(1,2,3)"),
    ("[0,1)", "(0,1)"),
    ("[0,1]", "(0,1)"),
    (r"(0,1)\cup(1,2)", "(0,2)"),
    (r"\sqrt{67}", r"\sqrt{67},-\sqrt{85}"),
    (r"\{1,2\}", r"\{1,3\}"),
    (r"x \geq 5", r"x \leq 5"),
    ("x < 1", "x > -1"),
    ("x = 5", "y = 5"),
    ("x + y - z + 2 = 0", "5x - 7y + 11z + 4 = 0"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\3\end{pmatrix}"),
    ("1112112_3", "1112122_3"),
    ("7:32", "7:33"),
    ("C", "D"),
    ("123/5", r"12\frac{3}{5}"),
]

UNDECIDED = [
    ("9^9^9^9", "9^9^9^9"),
    ("1", "9^9^9^9"),
    ("1", "10^(10^10)+1"),
    ("1", "(10^9)!/2"),
    ("1", r"\binom{10^9}{5 \cdot 10^8}"),
    ("1", r"\sum_{k=1}^{10^{12}} \sin k"),
    ("4, .1, 2", "0.1, 4, 2"),
    ("0,4", "0.4"),
    ("1/2x", r"\frac{1}{2}x"),
    ("1/2x", r"\frac{1}{2x}"),
    ("15", "5x3"),
    ("100000", "1e5"),
    ("16", "0x10"),
    ("1 m", "100 cm"),
    ("5 million", "5"),
    ("5", "5 dozen"),
    ("5", "She sold 5 million clips."),
    ("C", "3"),
    ("0", "None"),
    ("yes", "true"),
    ("7 = 11a+c", "11a+c"),
    ("1", "2x + z = 1"),
    ("3:4", "6:8"),
    ("(1,3)", r"\{1,3\}"),
    ("x > 1 and x < 3", "x > 1 or x < 3"),
    (r"\ln 2", r"\log 2"),
    ("52_8", "52"),
    (r"\sum_{k=1}^{n} F_k", r"\sum_{k=1}^{n} f_k"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)"),
    ("", ""),
    ("", "1"),
    ("1", ""),
    (r"\frac{1}{", r"\frac{1}{"),
    ("1/0", "1/0"),
    ("||||", "||||"),
    ("1 +", "1 +"),
    ("There are 3 cats and 5 dogs.", "5"),
    ("5", "There are 3 cats and 5 dogs."),
    ("72", "She sold 80 clips."),
    ("72", "os.system('rm 72')"),
    ("72", "The answer is not 72."),
    ("72", "The answer isn't $72$."),
    ("72", "So it is at least 72."),
    ("72", "Is it 72?"),
    ("72", "If she sold 72, she sold enough."),
]

TEXTS = [
    ("72", "The answer is 72."),
    ("72", "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n48+24 = <<48+24=72>>72 altogether.\n#### 72"),
    ("72", r"First \boxed{3}, but that is April alone. Altogether $\boxed{72}$ clips."),
    (r"so $\boxed{14{,}916}$ is our answer, and not 5.", "14916"),
    ("9", "Answer \\[ \n 9 \n \\]"),
    ("20%", r"which yields $x=1/5$, or $\boxed{20}$ percent."),
    ("105", "réponse est (35 + 70 = 105)."),
    ("192", "因此，杰西开始慢跑前的体重是192公斤。"),
    (r"\{2,3\}", r"\boxed{1} and so on, but \boxed{2} and \boxed{3}"),
    ("(7, 6)", "So, the ordered pair $(x, y)$ that solves the system is $(7, 6)$."),
    ("x <= 2", r"Thus $x \leq 2$ is our answer."),
    ("12", "Final Answer: The final answer is $12$. I hope it is correct."),
    ("858", "因此，弗兰克一共有**858颗**糖果。"),
]


@pytest.mark.parametrize(("gold", "answer"), [*EQUAL, *TEXTS])
def test_equal_answers_are_found_however_they_are_written(gold, answer):
    result = equivalent(gold, answer)
    assert result.outcome == "equal", result.reason


@pytest.mark.parametrize(("gold", "answer"), UNEQUAL)
def test_answers_that_differ_are_unequal_both_ways(gold, answer):
    assert equivalent(gold, answer).outcome == "unequal"
    assert equivalent(answer, gold).outcome == "unequal"


@pytest.mark.parametrize(("gold", "answer"), UNDECIDED)
def test_what_cannot_be_told_is_undecided_with_a_reason(gold, answer):
    result = equivalent(gold, answer)
    assert result.outcome == "undecided"
    assert result.reason


def test_a_gold_answer_must_be_marked_while_an_answer_may_be_read_off_the_last_sentence():
    sentence = "Altogether she sold 72 clips in the two months."
    assert equivalent("72", sentence).outcome == "equal"
    assert equivalent(sentence, "72").outcome == "undecided"


def test_plain_numbers_never_need_the_worker(monkeypatch):
    def fail(*_, **__):
        raise AssertionError("the worker was asked")

    monkeypatch.setattr(worker, "run", fail)
    for gold, answer in [("72", "72"), ("1/2", r"\frac{1}{2}"), ("1,000", "999"), ("20%", "1/5"), (r"\{1,2\}", "2,1")]:
        assert equivalent(gold, answer).outcome in ("equal", "unequal")


def test_a_comparison_over_its_limit_is_undecided_and_the_next_one_works(monkeypatch):
    monkeypatch.setattr(equivalence, "SECONDS", 0.5)
    start = time.monotonic()
    result = equivalent("1", r"\prod_{k=1}^{9999} (\sin k + k^{999})")
    assert (result.outcome, result.reason) == ("undecided", "stopped after 0.5 s")
    assert time.monotonic() - start < 2
    assert equivalent(r"\sqrt{4}", "2").outcome == "equal"


def test_the_result_cannot_be_changed():
    result = Equivalence(outcome="undecided", reason="")
    with pytest.raises(ValidationError):
        result.outcome = "equal"  # type: ignore[misc]


fractions = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**4)


def spellings(value: Fraction) -> list[str]:
    """Texts that all mean the value."""
    top, bottom, sign = abs(value.numerator), value.denominator, "-" if value < 0 else ""
    texts = [str(value), rf"{sign}\frac{{{top}}}{{{bottom}}}", rf"$\boxed{{{sign}\dfrac{{{top}}}{{{bottom}}}}}$"]
    texts += [f"The answer is {value}.", f"x = {value}", f"({2 * value.numerator})/{2 * bottom}"]
    if bottom == 1:
        texts += [f"{value.numerator:,}", f"{value.numerator}.0", f"{value.numerator} apples", f"${value.numerator}"]
    if 10**8 % bottom == 0:
        texts.append(f"{Decimal(value.numerator) / Decimal(bottom):f}")
    if top > bottom > 1:
        texts.append(rf"{sign}{top // bottom}\frac{{{top % bottom}}}{{{bottom}}}")
    return texts


@given(fractions, st.data())
def test_all_spellings_of_a_fraction_are_equal(value, data):
    gold, answer = data.draw(st.sampled_from(spellings(value))), data.draw(st.sampled_from(spellings(value)))
    assert equivalent(gold, answer).outcome == "equal"


@given(fractions, fractions, st.data())
def test_no_spellings_of_two_fractions_are_equal(left, right, data):
    gold, answer = data.draw(st.sampled_from(spellings(left))), data.draw(st.sampled_from(spellings(right)))
    assert (equivalent(gold, answer).outcome == "equal") == (left == right)


NOTATION = st.lists(
    st.sampled_from(
        [
            *"0123456789abxyi+-*/^=(){}[]|!,.;:<>_% '$&",
            *(r"\frac", r"\sqrt", r"\text{", r"\boxed{", r"\pi", r"\\", r"\{", r"\}", r"\cup", r"\pm", r"\left"),
            *(r"\right", r"\infty", r"\sum_{k=1}^{3}", "and", "is", r"\begin{pmatrix}", r"\end{pmatrix}"),
        ]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(NOTATION | st.text(max_size=60))
def test_any_text_is_told_in_time_and_never_equals_a_number_that_is_not_in_it(text):
    start = time.monotonic()
    assert equivalent("314159265", text).outcome != "equal"
    assert equivalent(text, "314159265").outcome != "equal"
    assert time.monotonic() - start < equivalence.SECONDS


def test_public_answer_pairs_are_judged_better_than_required():
    pairs = [json.loads(line) for line in data_file("equivalence/answer_pairs.jsonl").read_text().splitlines()]
    equal = [pair["expected"] for pair in pairs if equivalent(pair["gold"], pair["pred"]).outcome == "equal"]
    assert equal.count(1) > 150
    assert equal.count(0) <= 1


def test_public_latex_is_never_misjudged_against_itself_in_another_spelling():
    lines = data_file("equivalence/latex2sympy_pairs.jsonl").read_text().splitlines()
    outcomes = []
    for line in lines:
        latex = json.loads(line)["latex"]
        if "," not in latex:
            outcomes.append(equivalent(latex, f"0 + {latex}").outcome)
    assert "unequal" not in outcomes
    assert outcomes.count("equal") > 120


RESPELLED = [
    lambda text: rf"The answer is $\boxed{{{text}}}$.",
    lambda text: "$" + re.sub(r"\\frac(?![A-Za-z])", r"\\dfrac", text) + "$",
    lambda text: r"\[ " + text.replace("(", r"\left(").replace(")", r"\right)") + r" \]",
]


def test_the_answers_of_math_are_equal_to_themselves_in_another_spelling():
    with gzip.open(data_file("math/test.jsonl.gz"), "rt") as file:
        solutions = [json.loads(line)["solution"] for line in file]
    boxed = {match[1] for text in solutions for match in re.finditer(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}", text)}
    assert len(boxed) > 1_500
    boxed.discard(r"\phantom{2}")  # nothing to see
    for text in boxed:
        for respelled in RESPELLED:
            result = equivalent(text, respelled(text))
            assert result.outcome == "equal", (text, result.reason)
