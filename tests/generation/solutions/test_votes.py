"""Solutions by a model: what is asked, what a solution is worth, and what several of them say together."""

import json
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.llm.errors import InvalidReplyError
from generation.llm.prompt import prompt
from generation.solutions.chain_of_thought import MAX_STEP
from generation.solutions.votes import (
    ANSWER_SCHEMA,
    MAX_ANSWER,
    MAX_STEPS,
    WrittenSolution,
    read,
    request,
    sample_of,
    vote,
)
from schemas.candidate import BackwardProblem
from schemas.condition import Condition
from schemas.relation import Relation
from schemas.sample import Sample
from schemas.step import Step
from tests.generation.verification.attacks import ATTACKS


def backward(unknown: str = "x", letter: str | None = None) -> BackwardProblem:
    """48 clips in one month and half as many in the next, 72 in all; `letter` is what the question calls it."""
    name = unknown if letter is None else letter
    return BackwardProblem(
        problem_id="p",
        condition=Condition(start=9, end=11, text="48", value="48", kind="integer", unit="clips"),
        formula="trace",
        wording="fobar",
        relation=Relation(unknown=unknown, expression=f"{unknown} + {unknown}/2", answer="72"),
        question=f"Ada sold {name or 'some'} clips in April, and half as many in May. How many did she sell? "
        "If we know the answer to the above question is 72, "
        f"what is {f'the value of {name}' if name else 'the number in April'}?",
        answer="48",
        solution=(Step(text=f"{unknown} = 48", equation=f"{unknown} = 48"),),
        checks=(),
    )


def sample(steps: Sequence[str], answer: str, candidate: BackwardProblem | None = None) -> Sample:
    return sample_of(candidate or backward(), "tiny", "k", WrittenSolution(steps=tuple(steps), answer=answer))


def written(**fields: object) -> str:
    return json.dumps({"steps": ["x = 72 / 1.5 = 48"], "answer": "48"} | fields)


class TestRequest:
    def test_the_model_sees_the_backward_question_and_nothing_else(self) -> None:
        asked = request(backward(), 3)
        assert (asked.purpose, asked.question, asked.sample) == ("solve", backward().question, 3)
        assert "48" not in asked.question

    def test_the_examples_of_the_prompt_are_in_the_form_that_is_asked_for_and_proved(self) -> None:
        blocks = prompt("solve").text.split("Example. Problem: ")[1:]
        assert blocks
        for block in blocks:
            question, reply = block.strip().split("\n", 1)
            solution = read(reply)
            letter = question.rstrip("?")[-1]
            condition = Condition(start=0, end=0, text="", value=solution.answer, kind="integer")
            relation = Relation(unknown=letter, expression=letter, answer="0")
            candidate = backward().model_copy(
                update={
                    "question": question,
                    "answer": solution.answer,
                    "condition": condition,
                    "relation": relation,
                }
            )
            found = sample_of(candidate, "tiny", "k", solution)
            assert found.outcome == "pass", found.reason

    def test_the_schema_asks_for_every_field_and_no_other(self) -> None:
        assert set(ANSWER_SCHEMA["required"]) == set(ANSWER_SCHEMA["properties"]) == set(WrittenSolution.model_fields)
        assert ANSWER_SCHEMA["additionalProperties"] is False


class TestReading:
    def test_prose_around_the_object_is_left_out(self) -> None:
        assert read(f"Sure!\n```json\n{written()}\n```").answer == "48"

    def test_a_number_will_do_for_an_answer(self) -> None:
        assert read(written(answer=48)).answer == "48"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "48",
            "[]",
            "{}",
            '{"steps": ["x = 48"]}',
            '{"answer": "48"}',
            written(steps="x = 48"),
            written(steps=[48]),
            written(steps=[None]),
            written(steps=["x = 48"] * (MAX_STEPS + 1)),
            written(steps=["a" * (MAX_STEP + 1)]),
            written(answer=None),
            written(answer=True),
            written(answer=["48"]),
            written(answer="4" * (MAX_ANSWER + 1)),
            written(hint="48"),
            written()[:-1],
        ],
    )
    def test_what_is_not_in_the_form_is_refused_with_a_reason(self, text: str) -> None:
        with pytest.raises(InvalidReplyError, match=r"\w"):
            read(text)

    @pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack)[:40])
    def test_an_attack_is_refused(self, attack: str) -> None:
        with pytest.raises(InvalidReplyError):
            read(attack)


RIGHT = ["Half as many is x/2, so x + x/2 = 72.", "That is 1.5x = 72.", "So x = 72 / 1.5 = 48."]


class TestWorth:
    @pytest.mark.parametrize(
        "steps",
        [
            RIGHT,
            ["x + x/2 = 72", "x = 48"],
            ["April and May are 1 + 1/2 = 3/2 of April.", "So April is 72 / (3/2) = 48 clips."],
            ["Let m be May: m = x / 2.", "x + m = 72", "3 * m = 72", "m = 24", "x = 2 * m = 48"],
            [r"\(x + \frac{x}{2} = 72\)", r"\(x = 72 \times \frac{2}{3} = 48\)"],
            ["Two thirds of the 72 clips: 72 * 2 / 3 = 48 clips."],
        ],
    )
    def test_a_solution_passes_where_its_answer_is_right_and_its_steps_are_proved(self, steps: list[str]) -> None:
        found = sample(steps, "48")
        assert (found.outcome, found.broken_step) == ("pass", None), found.reason
        assert [step.text for step in found.steps] == steps

    @pytest.mark.parametrize(
        ("steps", "answer", "broken"),
        [
            (["x + x/2 = 72", "1.5x = 72", "x = 72 / 1.5 = 46"], "46", 2),
            (["x + x/2 = 72", "1.5x = 72", "x = 72 / 1.5 = 46"], "48", 2),  # right by a false step
            (["3 * 4 = 13", *RIGHT], "48", 0),
            (["x + 24 = 72", "x + x = 72", "x = 72 / 2 = 36"], "36", 1),  # true arithmetic, a false equation
            (["2 * x = 72", "x = 36"], "36", 0),
            (["72 / 2 = 36", "36 + 36 = 72"], "36", None),  # true arithmetic that cannot be told to be wrong
            ([], "24", None),
            (["x = 10 / 3 = 3.33"], "3.33", 0),
        ],
    )
    def test_a_solution_fails_where_its_answer_is_wrong_or_a_step_is_false(
        self, steps: list[str], answer: str, broken: int | None
    ) -> None:
        found = sample(steps, answer)
        assert (found.outcome, found.broken_step) == ("fail", broken), found.reason

    @pytest.mark.parametrize(
        ("steps", "reason"),
        [
            ([], "no calculation leads"),
            (["x = 48"], "no calculation leads"),
            (["2 + 2 = 4", "x = 48"], "no calculation leads"),
            (["x + x/2 = 72", "Half of 48 is 25.", "x = 48"], "gives 25"),
            (["x + x/2 = 72", "10 / 3 = 3.33", "x = 48"], "rounded"),
            (["x + y = 72", "x = 48"], "a letter of the solution's own"),
            (["x + x/2 = 72", "1.5x = ?", "x = 48"], "cannot be read"),
        ],
    )
    def test_a_right_answer_is_undecided_where_a_step_is_not_proved(self, steps: list[str], reason: str) -> None:
        found = sample(steps, "48")
        assert (found.outcome, found.broken_step) == ("undecided", None)
        assert reason in found.reason

    def test_an_answer_that_cannot_be_compared_is_undecided(self) -> None:
        assert sample(RIGHT, "quite a lot").outcome == "undecided"

    @pytest.mark.parametrize("answer", ["48", "$48$", "48 clips", "x = 48", "48.0", "96/2"])
    def test_answers_are_compared_by_equivalence(self, answer: str) -> None:
        assert sample(RIGHT, answer).outcome == "pass"

    def test_the_unknown_may_have_another_name(self) -> None:
        steps = ["n + n/2 = 72", "n = 72 / 1.5 = 48"]
        assert sample(steps, "48", backward("n")).outcome == "pass"
        assert sample(["2 * n = 72"], "36", backward("n")).broken_step == 0

    def test_a_solutions_own_letter_is_not_the_unknown_where_the_question_has_none(self) -> None:
        candidate = backward("x", letter="")
        steps = ["Let x be the clips in May: x = 72 / 3 = 24.", "So in April it was 2 * x = 48 clips."]
        assert sample(steps, "48", candidate).outcome == "pass"
        assert sample(["2 * x = 72"], "36", candidate).broken_step is None

    def test_the_steps_carry_their_equations_and_where_they_came_from(self) -> None:
        found = sample(["Ada sold 72 clips.", "So x = 72 * 2 / 3 = 48.", "10 / 3 = 3.3"], "48")
        assert [step.equation for step in found.steps] == [None, "72*2/3 = 48", None]
        assert (found.purpose, found.model, found.key, found.candidate_id) == ("solve", "tiny", "k", backward().id)

    @pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack)[:40])
    def test_an_attack_never_passes(self, attack: str) -> None:
        start = time.monotonic()
        solutions = [
            written(steps=RIGHT, answer=attack[:MAX_ANSWER]),
            written(steps=[attack[:MAX_STEP]]),
            written(steps=[*RIGHT, f"x + x/2 = 72 = {attack[:900]}"]),
        ]
        for text in solutions:
            with suppress(InvalidReplyError):
                assert sample_of(backward(), "tiny", "k", read(text)).outcome != "pass"
        assert time.monotonic() - start < 6

    @given(st.lists(st.text("0123456789+-*/=x.( )of,", max_size=40), max_size=4), st.integers(0, 100))
    def test_a_pass_has_the_hidden_value_for_its_answer(self, steps: list[str], answer: int) -> None:
        found = sample(steps, str(answer))
        assert found.outcome != "pass" or answer == 48
        assert found.broken_step is None or found.outcome == "fail"


class TestVotes:
    @pytest.mark.parametrize(
        ("answers", "outcome", "reason"),
        [
            (["48"], "pass", "1 of 1 solutions give 48"),
            (["48", "$48$", "24"], "pass", "2 of 3 solutions give 48, 1 gives 24"),
            (["48 clips", "x = 48", "48.0", "24"], "pass", "3 of 4 solutions give 48, 1 gives 24"),
            (["48", "48", "24", "96"], "undecided", "2 of 4 solutions give 48, 1 gives 24, 1 gives 96"),
            (["48", "24", "24"], "fail", "2 of 3 solutions agree on 24, and not 48"),
            (["24", "24 clips", "x = 24", "48"], "fail", "3 of 4 solutions agree on 24, and not 48"),
            (["24", "25", "26"], "undecided", "0 of 3 solutions give 48, 1 gives 24, 1 gives 25, 1 gives 26"),
            (["24", "24", "25", "25"], "undecided", "0 of 4 solutions give 48, 2 give 24, 2 give 25"),
            (["no idea"] * 3, "undecided", "0 of 3 solutions give 48, 3 cannot be compared with it"),
            (["48", None, None], "undecided", "1 of 3 solutions give 48, 2 brought no answer"),
            (["48", "48", None], "pass", "2 of 3 solutions give 48, 1 brought no answer"),
            ([None], "undecided", "0 of 1 solutions give 48, 1 brought no answer"),
            ([], "undecided", "0 of 0 solutions give 48"),
        ],
    )
    def test_more_than_half_decides(self, answers: list[str | None], outcome: str, reason: str) -> None:
        found = vote(backward(), answers)
        assert (found.name, found.outcome, found.reason) == ("solver_votes", outcome, reason)

    def test_texts_that_cannot_be_read_do_not_agree_even_where_they_are_the_same(self) -> None:
        for attack in (attack for attack in ATTACKS if len(attack) <= MAX_ANSWER):
            assert vote(backward(), [attack] * 3).outcome != "pass"
        assert vote(backward(), [r"\input{/etc/passwd}"] * 3).outcome == "undecided"

    def test_what_a_terminal_would_obey_is_not_in_the_reason(self) -> None:
        assert vote(backward(), ["24\x1b[2J"]).reason.isprintable()
        assert vote(backward(), ["24\u202e"]).reason.isprintable()

    @given(st.lists(st.sampled_from(["48", "24", "25", "?", None]), min_size=1, max_size=7))
    def test_a_verdict_stands_for_more_than_half(self, answers: list[str | None]) -> None:
        found = vote(backward(), answers)
        most = max(answers.count("24"), answers.count("25"))
        assert (found.outcome == "pass") == (2 * answers.count("48") > len(answers))
        assert (found.outcome == "fail") == (2 * most > len(answers))
