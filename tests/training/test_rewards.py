"""Rewards against cases worked by hand, by a scorer that computes each step, and by a real process reward model."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForTokenClassification

from generation.verification.equivalence import equivalent
from schemas.published import TaskKind
from training import tiny
from training.configurations.reward import RewardConfiguration
from training.guards import bad_steps
from training.process_reward.scoring import Scorer, ScorerConfig
from training.rewards import Reward, Rewards, Task

PROBLEM = "Ann has 3 apples. She buys 4 more. How many does she have?"
BACKWARD = "Ann has x apples. She buys 4 more, and has 7. What is x?"


class Computing:
    """P(correct) is 0.9 where a step's equation holds, 0.2 where not, and 0.5 where there is none."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[str]]] = []

    def score(self, prompts: Sequence[str], solutions: Sequence[Sequence[str]]) -> list[list[float]]:
        self.seen += [(prompt, list(steps)) for prompt, steps in zip(prompts, solutions, strict=True)]
        return [[self._step(step) for step in steps] for steps in solutions]

    def _step(self, step: str) -> float:
        left, equals, right = step.partition(" = ")
        if not equals:
            return 0.5
        return 0.9 if equivalent(right, left).outcome == "equal" else 0.2


def task(kind: TaskKind = "forward", answer: str = "7") -> Task:
    question = {"forward": PROBLEM, "backward": BACKWARD, "pose": f"Problem: {PROBLEM}\nAnswer: 7"}[kind]
    return Task(kind, question, PROBLEM, answer, "p", ({"role": "user", "content": question},))


def reward(text: str, *, kind: TaskKind = "forward", answer: str = "7", finished: bool = True, **told: Any) -> Reward:
    rewards = Rewards(RewardConfiguration(**told), {"prm": Computing(), "backprm": Computing()})
    return rewards([task(kind, answer)], [text], [finished])[0]


def test_each_step_gets_its_score_between_minus_one_and_one_divided_by_the_steps() -> None:
    found = reward("3 + 4 = 7\n7 + 1 = 9\nThe answer is 7.")
    assert found.steps == pytest.approx((0.8 / 2, -0.6 / 2))
    assert found.ends == (len("3 + 4 = 7\n"), len("3 + 4 = 7\n7 + 1 = 9\n"))
    assert (found.outcome, found.right, found.bad_steps, found.finished) == (1.0, True, 0, True)
    assert found.step_mean == pytest.approx(0.1)
    assert found.total == pytest.approx(1.1)


def test_one_step_is_divided_by_two_so_that_it_is_not_worth_more_than_two() -> None:
    assert reward("3 + 4 = 7\nThe answer is 7.").steps == pytest.approx((0.4,))
    assert reward("3 + 4 = 7\nThe answer is 7.", divide_by_steps=False).steps == pytest.approx((0.8,))


def test_more_right_steps_are_no_gain() -> None:
    short, long = (reward("\n".join(f"{n} + 1 = {n + 1}" for n in range(many))) for many in (3, 12))
    assert sum(long.steps) == pytest.approx(sum(short.steps))


def test_weights_scale_steps_and_outcome_and_not_the_guards() -> None:
    found = reward("3 + 4 = 7\n3 + 4 = 7\nThe answer is 7.", step_weight=0.5, outcome_weight=3.0, bad_step=-2.0)
    assert found.steps == pytest.approx((0.5 * 0.8 / 2, -2.0 / 2))
    assert found.outcome == 3.0


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("3 + 4 = 7\n\n\n\n4 + 4 = 8\nThe answer is 7.", [False, True, True, False]),
        ("3 + 4 = 7\n3 +  4 = 7.\nThe answer is 7.", [False, True]),
        ("Step 1: 3 + 4 = 7\nStep 2: 3 + 4 = 7\nThe answer is 7.", [False, True]),
        ("...\n3 + 4 = 7\nThe answer is 7.", [True, False]),
        ("She buys 4 more.\n3 + 4 = 7\nThe answer is 7.", [True, False]),
        ("3 - 4 = -1\n3 + 4 = 7\n3 * 4 = 12\nThe answer is 7.", [False, False, False]),
        ("The answer is 7.", [True]),
        ("", [True]),
    ],
)
def test_empty_repeated_and_copied_steps_get_the_reward_of_a_bad_step(text: str, bad: list[bool]) -> None:
    found = reward(text, divide_by_steps=False)
    assert [value == -1.0 for value in found.steps] == bad
    assert found.bad_steps == sum(bad)


def test_steps_behind_the_most_are_bad_steps() -> None:
    found = reward("\n".join(f"{n} + 1 = {n + 1}" for n in range(5)), most_steps=3, divide_by_steps=False)
    assert found.steps == pytest.approx((0.8, 0.8, 0.8, -1.0, -1.0))


def test_without_the_guard_the_process_reward_model_has_the_say() -> None:
    found = reward("3 + 4 = 7\n3 + 4 = 7\nThe answer is 7.", bad_step=0.0)
    assert found.steps == pytest.approx((0.4, 0.4))
    assert found.bad_steps == 0


def test_bad_steps_are_not_shown_to_the_process_reward_model() -> None:
    prm = Computing()
    Rewards(RewardConfiguration(), {"prm": prm})(
        [task()], ["3 + 4 = 7\n3 + 4 = 7\n2 + 2 = 4\nThe answer is 7."], [True]
    )
    assert prm.seen == [(PROBLEM, ["3 + 4 = 7", "2 + 2 = 4"])]


def test_in_first_error_mode_what_follows_the_first_wrong_step_gets_nothing() -> None:
    text = "3 + 4 = 7\n7 + 1 = 9\n9 + 1 = 10\nThe answer is 7."
    assert reward(text, first_error=True).steps == pytest.approx((0.8 / 3, -0.6 / 3, 0.0))
    assert reward("3 + 4 = 7\n9 + 1 = 10", first_error=True).steps == pytest.approx((0.4, 0.4))


def test_in_first_error_mode_a_repeated_step_is_the_first_error_and_stays_bad_behind_it() -> None:
    found = reward("3 + 4 = 7\n3 + 4 = 7\n9 + 1 = 10\n3 + 4 = 7", first_error=True, divide_by_steps=False)
    assert found.steps == pytest.approx((0.8, -1.0, 0.0, -1.0))


def test_an_answer_that_is_proved_equal_gets_the_outcome_reward_in_any_form() -> None:
    for answer in ("7", "7 apples", "$7$", "14/2", "7.0"):
        assert reward(f"3 + 4 = 7\nThe answer is {answer}.").outcome == 1.0


def test_an_answer_that_is_wrong_or_undecided_gets_none() -> None:
    wrong = reward("3 + 4 = 7\nThe answer is 8.")
    assert (wrong.outcome, wrong.right) == (0.0, False)
    undecided = reward("3 + 4 = 7\nThe answer is the number of her apples.")
    assert (undecided.outcome, undecided.right) == (0.0, None)


def test_a_solution_without_an_end_or_an_answer_is_unfinished() -> None:
    assert reward("3 + 4 = 7\n7 + 1", finished=False).outcome == -1.0
    assert reward("3 + 4 = 7", finished=True).outcome == -1.0
    assert reward("3 + 4 = 7\nThe answer is 7.", finished=False).outcome == 0.0
    assert reward("3 + 4 = 7", unfinished=0.0).outcome == 0.0


def test_backward_steps_are_scored_behind_the_backward_question_whose_own_score_is_no_reward() -> None:
    backprm = Computing()
    rewards = Rewards(RewardConfiguration(), {"prm": Computing(), "backprm": backprm})
    found = rewards([task("backward", "3")], ["7 - 4 = 3\nThe answer is 3."], [True])[0]
    assert backprm.seen == [(PROBLEM, [BACKWARD, "7 - 4 = 3"])]
    assert found.steps == pytest.approx((0.4,))
    assert found.right


def test_a_posed_question_is_one_step_without_an_answer() -> None:
    backprm = Computing()
    found = Rewards(RewardConfiguration(), {"backprm": backprm})([task("pose", "")], [BACKWARD], [True])[0]
    assert backprm.seen == [(PROBLEM, [BACKWARD])]
    assert (found.ends, found.outcome, found.right) == ((len(BACKWARD),), 0.0, None)
    assert found.steps == (0.0,)


def test_a_posed_question_that_is_the_problem_itself_is_a_bad_step() -> None:
    found = reward(PROBLEM, kind="pose", answer="")
    assert (found.steps, found.bad_steps) == ((-0.5,), 1)


def test_without_a_process_reward_model_for_the_kind_good_steps_get_nothing_and_bad_ones_are_bad() -> None:
    rewards = Rewards(RewardConfiguration(), {"prm": Computing()})
    found = rewards([task("backward", "3")], ["7 - 4 = 3\n7 - 4 = 3\nThe answer is 3."], [True])[0]
    assert (found.steps, found.outcome) == ((0.0, -0.5), 1.0)


def test_rows_keep_their_order_where_kinds_are_mixed() -> None:
    rewards = Rewards(RewardConfiguration(), {"prm": Computing(), "backprm": Computing()})
    tasks = [task("backward", "3"), task(), task("pose", ""), task()]
    texts = ["7 - 4 = 2\nThe answer is 2.", "3 + 4 = 7\nThe answer is 7.", BACKWARD, "\n\n\nThe answer is 7."]
    found = rewards(tasks, texts, [True] * 4)
    assert [each.right for each in found] == [False, True, None, True]
    assert [each.steps for each in found] == [pytest.approx(each) for each in [(-0.3,), (0.4,), (0.0,), (-0.5, -0.5)]]


def test_the_real_scorer_gives_step_rewards_and_none_where_a_row_is_too_long(tmp_path: Path) -> None:
    tiny.make(tmp_path, [PROBLEM, "3 + 4 = 7"], seed=0)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    torch.manual_seed(0)
    model = LlamaForTokenClassification(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=96,
            num_labels=2,
        )
    )
    scorer = Scorer(model.eval(), tokenizer, ScorerConfig(kind="prm", max_length=96))
    steps = ["3 + 4 = 7", "7 + 1 = 8", "word " * 120]
    told = scorer.score([PROBLEM], [steps])[0]
    assert math.isnan(told[2])
    found = Rewards(RewardConfiguration(), {"prm": scorer})([task()], ["\n".join(steps)], [True])[0]
    assert found.steps == pytest.approx(((2 * told[0] - 1) / 3, (2 * told[1] - 1) / 3, 0.0))


def test_no_step_of_a_reference_solution_is_bad() -> None:
    steps = ["Natalia sold 48/2 = 24 clips in May.", "Natalia sold 48+24 = 72 clips altogether in April and May."]
    question = "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May."
    assert bad_steps([question], steps, most=24) == [False, False]
