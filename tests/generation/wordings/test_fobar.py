"""The fobar wording reads well whatever is masked."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.conditions.finder import find_conditions
from generation.wordings.fobar import UNKNOWNS, choose_unknown, fobar, masked
from schemas.problem import Notation
from tests.data import data_file

MASKED = [
    ("A mug is $5 here.", "A mug is $x here."),
    ("A boat is $1.5 million.", "A boat is $x."),
    ("A fan is 15$ or so.", "A fan is x$ or so."),
    ("Gum is ¢75 a pack.", "Gum is ¢x a pack."),
    ("A 20% discount.", "An x% discount."),
    ("About 30 percent left.", "About x percent left."),
    ("Fifty per cent left.", "x per cent left."),
    ("She reads a 100-page book.", "She reads an x-page book."),
    ("It is an 8-inch nail.", "It is an x-inch nail."),
    ("An 8 inch nail.", "An x inch nail."),
    ("He has a $5 bill.", "He has an $x bill."),
    ("Under Plan A 5 calls are free.", "Under Plan A x calls are free."),
    ("He ran a three-mile race.", "He ran an x-mile race."),
    ("Give a hundred-dollar bill.", "Give an x-dollar bill."),
    ("Give him a hundred plums.", "Give him x plums."),
    ("Bees: twice as many.", "Bees: x times as many."),
    ("He pays double the price.", "He pays x times the price."),
    ("She brushes twice a day.", "She brushes x times a day."),
    ("He has half as many.", "He has x times as many."),
    ("He has a third as many.", "He has x times as many."),
    ("He has 2/3 times as many.", "He has x times as many."),
    ("He ate half that many.", "He ate x times that many."),
    ("He ate half that amount.", "He ate a fraction x of that amount."),
    ("Half of the money is gone.", "A fraction x of the money is gone."),
    ("He spent half the money.", "He spent a fraction x of the money."),
    ("He spent 1/2 of the money.", "He spent a fraction x of the money."),
    ("He spent another 1/2 of it.", "He spent another fraction x of it."),
    ("Tim is half Ana's age.", "Tim is a fraction x of Ana's age."),
    ("One-third are red.", "A fraction x are red."),
    ("It fell by half.", "It fell by a fraction x."),
    ("Use 0.5 of the flour.", "Use a fraction x of the flour."),
    ("Use 1/2 cup of flour.", "Use x cup of flour."),
    ("It takes half an hour.", "It takes x of an hour."),
    ("A half-hour show.", "An x-hour show."),
    ("Use 2 1/2 cups.", "Use x cups."),
    ("One and a half pages.", "x pages."),
    ("He has a dozen eggs.", "He has x eggs."),
    ("He has two dozen eggs.", "He has x eggs."),
    ("He has half a dozen eggs.", "He has x eggs."),
    ("A couple of owls.", "x owls."),
    ("Pour in 20kg of sand.", "Pour in x kg of sand."),
    ("It was -14 outside.", "It was x outside."),
    ("Twenty people came.", "x people came."),
    ("The ratio is 3:a.", "The ratio is x:a."),
]


@pytest.mark.parametrize(("question", "expected"), MASKED)
def test_the_masked_question_reads_well(question: str, expected: str) -> None:
    [condition] = find_conditions(question, "annotated")
    assert masked(question, condition, "x") == expected


@pytest.mark.parametrize(
    ("question", "index", "expected"),
    [
        (r"If $3a + 7 = 10$, find $a$.", 0, r"If $xa + 7 = 10$, find $a$."),
        (r"Find $\frac{1}{2} \cdot 4$.", 0, r"Find $x \cdot 4$."),
        (r"Find $\frac{1}{2} \cdot4$.", 1, r"Find $\frac{1}{2} \cdot x$."),
        (r"Find $\sqrt2 \pi$.", 0, r"Find $\sqrt x \pi$."),
        (r"A box of $5$ pens.", 0, r"A box of $x$ pens."),
        (r"A $5$-sided die.", 0, r"An $x$-sided die."),
        (r"Seven $n$-sided dice.", 0, r"$x$ $n$-sided dice."),
        (r"A die with 6 sides and $n$ dots.", 0, r"A die with $x$ sides and $n$ dots."),
        (r"It costs $\$5$ a day.", 0, r"It costs $\$x$ a day."),
        (r"It costs \$5 a day.", 0, r"It costs \$$x$ a day."),
        (r"It costs $\$$25 a day.", 0, r"It costs $\$$x a day."),
        (r"It is $20\%$ off.", 0, r"It is $x\%$ off."),
        (r"It is 20\% off.", 0, r"It is $x$\% off."),
    ],
)
def test_the_masked_latex_is_still_latex(question: str, index: int, expected: str) -> None:
    assert masked(question, find_conditions(question, "latex")[index], "x") == expected


@pytest.mark.parametrize(
    ("unknown", "article"), [("x", "an"), ("y", "a"), ("z", "a"), ("n", "an"), ("u", "a"), ("m", "an")]
)
def test_the_article_is_that_of_the_letter(unknown: str, article: str) -> None:
    question = "He read an 80-page book."
    [condition] = find_conditions(question, "annotated")
    assert masked(question, condition, unknown) == f"He read {article} {unknown}-page book."


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("How many pens?", "x"),
        ("If x is a pen?", "y"),
        ("Company X sells 3 pens.", "y"),
        ("Find $2xy + z$.", "n"),
        (r"Find $\max(n)$ for $x$, \text{xyz}.", "y"),
        ("Solve 3x + y = 2.", "z"),
        ("The box, a taxi and an x-ray.", "y"),
        (" ".join(UNKNOWNS), "x1"),
        (" ".join(UNKNOWNS) + " x1", "x2"),
    ],
)
def test_the_unknown_is_no_letter_of_the_question(question: str, unknown: str) -> None:
    assert choose_unknown(question) == unknown


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (
            "He has 5 pens. How many?",
            "5",
            "He has x pens. How many? If we know the answer to the above question is 5, ",
        ),
        (
            "He has 5 pens. How many",
            "1/2",
            "He has x pens. How many? If we know the answer to the above question is 1/2, ",
        ),
        ("Find the sum of 5 and y", "7", "Find the sum of x and y. If we know the answer to the above question is 7, "),
        ("How many are 5?\n", "7", "How many are x? If we know the answer to the above question is 7, "),
        ("Is it 5 (or so)?", "7", "Is it x (or so)? If we know the answer to the above question is 7, "),
        ('He said "5."', "7", 'He said "x." If we know the answer to the above question is 7, '),
    ],
)
def test_the_backward_question_asks_for_the_unknown(question: str, answer: str, expected: str) -> None:
    [condition] = find_conditions(question, "text")
    assert fobar(question, condition, "x", answer) == expected + "what is the value of x?"


def test_a_latex_question_gets_its_answer_and_its_unknown_in_latex() -> None:
    question = "Find $2 + a$\n[asy] draw(); [/asy]"
    [condition] = find_conditions(question, "latex")
    assert fobar(question, condition, "x", r"\frac{1}{2}") == (
        "Find $x + a$\n[asy] draw(); [/asy]\nIf we know the answer to the above question is $\\frac{1}{2}$, "
        "what is the value of $x$?"
    )


def test_a_condition_of_another_question_is_refused() -> None:
    [condition] = find_conditions("He has 5 pens.", "text")
    with pytest.raises(ValueError, match="'5' does not stand at 7 to 8"):
        masked("She has 50 pens.", condition, "x")


def letters(text: str, letter: str) -> int:
    return len(re.findall(rf"(?<![A-Za-z]){letter}(?![A-Za-z])", text))


def test_masking_any_gsm8k_condition_changes_nothing_but_the_quantity_and_its_article() -> None:
    for line in data_file("gsm8k/train.jsonl").read_text().splitlines():
        question = json.loads(line)["question"]
        unknown = choose_unknown(question)
        phrase = re.compile(
            rf"(?:(?P<article>an?)[\s-]+)?(?:fraction )?[$€£¢]?\s*"
            rf"{unknown}(?: times| of|\s?[%$€£]|[ -]per ?cent)?\s?",
            re.I,
        )
        for condition in find_conditions(question, "annotated"):
            text = masked(question, condition, unknown)
            assert letters(text, unknown) == letters(question, unknown) + 1
            after = question[condition.end :]
            before = re.sub(r"\ban?[\s-]+\Z", "", question[: condition.start], flags=re.I)
            assert text.startswith(before)
            assert text.endswith(after)
            put = phrase.fullmatch(text[len(before) : len(text) - len(after)])
            assert put, (condition.text, text)
            if put["article"]:
                vowel = unknown in "xnm" and "fraction" not in put[0]
                assert put["article"].lower() == ("an" if vowel else "a"), text


TEXTS = st.lists(
    st.sampled_from(
        """$ % 5 1/2 half twice a an the of as x $5 5% . ? \\frac{1}{2} \\$ - one two dozen \\[ \\] [asy]""".split()  # noqa: SIM905
    ),
    max_size=20,
).map(" ".join)


@given(TEXTS, st.sampled_from(("annotated", "latex")))
def test_any_condition_of_any_text_can_be_masked(text: str, notation: Notation) -> None:
    for condition in find_conditions(text, notation):
        unknown = choose_unknown(text)
        assert letters(masked(text, condition, unknown), unknown) == letters(text, unknown) + 1
        assert fobar(text, condition, unknown, "7").endswith("?")


def test_a_long_question_is_worded_in_no_time() -> None:
    for filler in (" ", "\n", "$", "a ", "\\[", "\\end{", "' ", "$5 "):
        question = filler * 20_000 + " 5 pens"
        condition = find_conditions(question, "text")[-1]
        assert "pens" in fobar(question, condition, choose_unknown(question), "7")
