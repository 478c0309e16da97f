"""The sentence that asks is found, whole, whatever stands around it."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.wordings.errors import NotWordableError
from generation.wordings.sentences import asking_part, clause_before_asking, sentences
from tests.data import data_file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He ran. She sat.", ["He ran.", "She sat."]),
        ("Mr. Bo pays $1.50 a day. Dr. Li pays 3.", ["Mr. Bo pays $1.50 a day.", "Dr. Li pays 3."]),
        ("It opens at 9 a.m. on weekdays. Why?", ["It opens at 9 a.m. on weekdays.", "Why?"]),
        ("He ate apples.How many?", ["He ate apples.", "How many?"]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ("Let $f(n) = 3. n$ be given. Find $f(2).$ Thanks", ["Let $f(n) = 3. n$ be given.", "Find $f(2).$", "Thanks"]),
        ("See [asy] draw(A. B); [/asy] Find it.", ["See [asy] draw(A. B); [/asy]", "Find it."]),
        ("One\ntwo.\n\nThree", ["One\ntwo.", "Three"]),
        ("", []),
        (" . ", ["."]),
    ],
)
def test_a_text_is_cut_where_sentences_end(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    ("question", "sentence", "behind"),
    [
        ("Bo has 3 pens. How many are left?", "How many are left?", ""),
        ("Bo has 3 pens. If he sells 2, how many are left?", "If he sells 2, how many are left?", ""),
        ("Bo has 3 pens. Calculate the total.", "Calculate the total.", ""),
        ("Bo has 3 pens. If he sells 2, calculate the total.", "If he sells 2, calculate the total.", ""),
        ("How many is it? (There are 12 in a dozen.)", "How many is it?", ""),
        (
            "Find $a+b$. Express your answer as a common fraction.",
            "Find $a+b$.",
            " Express your answer as a common fraction.",
        ),
        ("What is it? Round to the nearest tenth.", "What is it?", " Round to the nearest tenth."),
        ('A book named "Where\'s Waldo" has 3 pages. How many are left?', "How many are left?", ""),
    ],
)
def test_the_asking_sentence_is_found_with_what_is_said_of_its_answer(
    question: str, sentence: str, behind: str
) -> None:
    found, whole = asking_part(question)
    assert question[slice(*found)] == sentence
    assert question[slice(*whole)] == sentence + behind


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("How many pens? How many books?", "2 sentences"),
        ("Bo has 3 pens?  How many are left?", "2 sentences"),
        ("Bo has 3 pens.", "no sentence"),
        ("", "no sentence"),
    ],
)
def test_none_or_more_than_one_asking_sentence_is_refused(question: str, reason: str) -> None:
    with pytest.raises(NotWordableError, match=reason):
        asking_part(question)


@pytest.mark.parametrize(
    ("sentence", "clause"),
    [
        ("If he sells 2, how many are left?", "If he sells 2,"),
        ("If he sells 2, then how many are left?", "If he sells 2, then"),
        ("If he sells 2, and 3 more, calculate the rest.", "If he sells 2, and 3 more,"),
        ("How many are left, if he sells 2?", ""),
    ],
)
def test_the_clause_before_the_asking_one_is_found(sentence: str, clause: str) -> None:
    assert clause_before_asking(sentence) == clause


def test_nearly_every_gsm8k_question_has_one_asking_sentence() -> None:
    questions = [json.loads(line)["question"] for line in data_file("gsm8k/train.jsonl").read_text().splitlines()]
    refused = 0
    for question in questions:
        try:
            (start, end), _ = asking_part(question)
        except NotWordableError:
            refused += 1
        else:
            assert question[end:].strip() == "" or question.count("?") == 1
            assert start == 0 or question[:start].rstrip()[-1] in ".?!\"'”’)]…", question
    assert refused / len(questions) < 0.003


PIECES = ["$", "?", ". ", "! ", "Find", "how many", "a", "[asy]", "[/asy]", "\\[", "\\]", '"', "\n", "5", "Mr.", ", "]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_the_sentences_of_any_text_are_in_order_and_leave_out_only_space(text: str) -> None:
    spans = sentences(text)
    position, left = 0, ""
    for start, end in spans:
        assert position <= start < end
        left += text[position:start]
        position = end
    assert not (left + text[position:]).strip()


@pytest.mark.parametrize("piece", ["[asy]", "\\begin{a}", "$5. ", "? ", "a. ", "\\[", "Find ", ", how ", "A.", "$a?$"])
def test_a_long_text_is_cut_in_no_time(piece: str) -> None:
    start = time.perf_counter()
    sentences(piece * 10_000)
    assert time.perf_counter() - start < 5
