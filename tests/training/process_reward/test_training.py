"""Training of process reward models, judged by what the models then say of steps whose label is known."""

import json
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForTokenClassification, AutoTokenizer

from schemas.published import Config, Split
from tests.training.process_reward import toy
from training.errors import NotFiniteError, RowsError, StoppedError
from training.process_reward.encoding import Encoder
from training.process_reward.metrics import measure
from training.process_reward.scoring import Scorer
from training.runs import Run

Rows = dict[tuple[Config, Split], list[toy.Row]]

_LOSS = "loss"


def rows(seed: int = 0, config: Config = "prm") -> Rows:
    return {(config, "train"): toy.marked(300, seed), (config, "validation"): toy.marked(40, seed + 100)}


def lines(run: Run) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]


def losses(run: Run) -> list[tuple[float, float]]:
    return [(line["step"], line[_LOSS]) for line in lines(run) if _LOSS in line]


def said(run: Run, steps: list[str]) -> list[float]:
    return Scorer.load(str(run.model_folder)).score(["How many?"], [steps])[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_steps_that_say_that_they_are_wrong_are_told_from_others(start: str, tmp_path: Path, seed: int) -> None:
    run = toy.trained(tmp_path, start, rows(seed), seed=seed)
    unseen = toy.marked(100, seed + 200)
    scores = Scorer.load(str(run.model_folder)).score(
        [each["prompt"] for each in unseen], [each["completions"] for each in unseen]
    )
    found = measure(scores, [each["labels"] for each in unseen])
    assert min(found["right_accuracy"], found["wrong_accuracy"], found["first_error_f1"]) > 0.97
    assert found["auc"] > 0.99


def test_validation_is_measured_before_and_behind_and_the_record_says_what_was_used(start: str, tmp_path: Path) -> None:
    run = toy.trained(tmp_path, start, rows(), eval_rows=30)
    measured = [line for line in lines(run) if "eval_step_accuracy" in line]
    assert [line["step"] for line in measured] == [0, 60]
    assert measured[0]["eval_step_accuracy"] < 0.8
    assert measured[1]["eval_step_accuracy"] > 0.9
    assert not any("question" in name for name in measured[0])
    assert run.record.used == {"train": 300, "validation": 30}
    assert run.record.skipped == ()
    assert run.record.parameters == run.record.trained_parameters > 50_000


def test_a_backprm_tells_of_the_question_by_itself(start: str, tmp_path: Path) -> None:
    run = toy.trained(tmp_path, start, rows(config="backprm"), stage="backprm", max_steps=2)
    (_, behind) = [line for line in lines(run) if "eval_step_accuracy" in line]
    told = rows(config="backprm")["backprm", "validation"]
    scores = Scorer.load(str(run.model_folder)).score(
        [each["prompt"] for each in told], [each["completions"] for each in told]
    )
    expected = measure([each[:1] for each in scores], [each["labels"][:1] for each in told])
    assert behind["eval_question_auc"] == pytest.approx(expected["auc"])
    assert behind["eval_question_step_accuracy"] == pytest.approx(expected["step_accuracy"])
    assert behind["eval_auc"] != behind["eval_question_auc"]
    assert Scorer.load(str(run.model_folder)).config.kind == "backprm"


def test_plain_transformers_load_the_model_and_give_the_same_numbers(start: str, tmp_path: Path) -> None:
    run = toy.trained(tmp_path, start, rows(), max_steps=5)
    model = AutoModelForTokenClassification.from_pretrained(run.model_folder).eval()
    assert model.config.id2label == {0: "wrong", 1: "right"}
    tokenizer = AutoTokenizer.from_pretrained(run.model_folder)
    (row,) = Encoder(tokenizer).encode(["How many?"], [["red", "odd bus"]])
    with torch.no_grad():
        given = model(input_ids=torch.tensor([row.ids])).logits[0].softmax(-1)[row.ends, 1].tolist()
    assert said(run, ["red", "odd bus"]) == pytest.approx(given, abs=1e-6)


def alike(right: int, wrong: int) -> Rows:
    """Steps that say the same, so that all there is to learn is how many are right."""
    labels = [1] * right + [0] * wrong
    random.Random(0).shuffle(labels)
    return {("prm", "train"): [toy.row(["red bus"], [label]) for label in labels]}


def test_wrong_and_right_steps_count_the_same_with_balance_and_as_they_come_without(start: str, tmp_path: Path) -> None:
    fields = {"max_steps": 40, "batch_size": 40, "learning_rate": 1e-3}
    balanced = toy.trained(tmp_path / "balanced", start, alike(36, 4), **fields)
    as_they_come = toy.trained(tmp_path / "plain", start, alike(36, 4), balance=False, **fields)
    assert said(balanced, ["red bus"])[0] == pytest.approx(0.5, abs=0.07)
    assert said(as_they_come, ["red bus"])[0] == pytest.approx(0.9, abs=0.05)


def test_soft_labels_are_learned_as_their_mean_and_hard_ones_as_classes(start: str, tmp_path: Path) -> None:
    scores = [0.0, 0.125, 0.25, 0.625] * 10
    table: Rows = {("prm", "train"): [toy.row(["red bus"], [int(each > 0)], scores=[each]) for each in scores]}
    fields = {"max_steps": 40, "batch_size": 40, "learning_rate": 1e-3, "balance": False}
    soft = toy.trained(tmp_path / "soft", start, table, labels="soft", **fields)
    hard = toy.trained(tmp_path / "hard", start, table, **fields)
    assert said(soft, ["red bus"])[0] == pytest.approx(mean(scores), abs=0.05)
    assert said(hard, ["red bus"])[0] == pytest.approx(3 / 4, abs=0.05)


def test_a_soft_label_that_is_missing_is_the_hard_one(start: str, tmp_path: Path) -> None:
    table: Rows = {("prm", "train"): [toy.row(["red bus", "blue car"], [1, 0], scores=[None, 0.5])] * 16}
    run = toy.trained(tmp_path, start, table, labels="soft", balance=False, learning_rate=1e-3)
    first, second = said(run, ["red bus", "blue car"])
    assert first > 0.9
    assert second == pytest.approx(0.5, abs=0.1)


def test_steps_without_a_label_are_not_learned_from(start: str, tmp_path: Path) -> None:
    still = shutil.copytree(start, tmp_path / "still")  # without dropout, which draws by the size of a batch
    config = json.loads((still / "config.json").read_text())
    (still / "config.json").write_text(json.dumps({**config, "classifier_dropout": 0.0}))
    table = alike(8, 8)
    longer = [toy.row([*each["completions"], "odd"], [*each["labels"], None]) for each in table["prm", "train"]]
    with_none = toy.trained(tmp_path / "with", str(still), {("prm", "train"): longer}, max_steps=3)
    without = toy.trained(tmp_path / "without", str(still), table, max_steps=3)
    assert [loss for _, loss in losses(with_none)] == pytest.approx([loss for _, loss in losses(without)], abs=1e-5)


def test_the_loss_of_batches_that_are_added_up_is_that_of_one_batch(start: str, tmp_path: Path) -> None:
    one = toy.trained(tmp_path / "one", start, rows(), max_steps=3, batch_size=16)
    four = toy.trained(tmp_path / "four", start, rows(), max_steps=3, batch_size=4, accumulate=4)
    assert [loss for _, loss in losses(four)] == pytest.approx([loss for _, loss in losses(one)], rel=0.05)


def test_what_is_left_out_is_counted(start: str, tmp_path: Path) -> None:
    table: Rows = {
        ("prm", "train"): [
            *toy.marked(10, 0),
            toy.row(["red " * 200], [1]),
            toy.row(["red", "blue"], [None, None]),
            toy.row(["red"], [1], label_source="rollout"),
        ]
    }
    run = toy.trained(tmp_path, start, table, max_steps=1, label_sources=("sympy", "human"))
    assert run.record.used == {"train": 10, "validation": 0}
    assert {(each.split, each.reason, each.rows) for each in run.record.skipped} == {
        ("train", "longer than 128 tokens", 1),
        ("train", "no step with a label", 1),
        ("train", "of a source of labels that is not learned from", 1),
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [1]}, "a row of problem p7 has 2 steps and 1 labels; nothing was trained"),
        ({"labels": [1, 1, 0]}, "a row of problem p7 has 2 steps and 3 labels; nothing was trained"),
        ({"scores": [0.5]}, "a row of problem p7 has 2 steps and 1 scores; nothing was trained"),
        ({"labels": [1, 2]}, "a row of problem p7 has a label outside 0 to 1; nothing was trained"),
    ],
)
def test_labels_that_do_not_match_the_steps_are_an_error_that_names_the_problem(
    start: str, tmp_path: Path, changes: Mapping[str, list[float]], message: str
) -> None:
    wrong = toy.row(["red", "blue"], [1, 1], problem_id="p7") | changes
    with pytest.raises(RowsError, match=message):
        toy.trained(tmp_path, start, {("prm", "train"): [*toy.marked(3, 0), wrong]})
    assert not list(tmp_path.glob("runs/*/model"))


def test_no_row_that_is_left_is_an_error(start: str, tmp_path: Path) -> None:
    with pytest.raises(RowsError, match="no row of prm in train is left to learn from"):
        toy.trained(tmp_path, start, {("prm", "train"): [toy.row(["red " * 200], [1])]})


class _StopsAt:
    """Looks on, and wants to stop behind a step."""

    def __init__(self, step: int) -> None:
        self._last, self._done = step, 0

    def step(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        self._done = done

    def stopping(self) -> bool:
        return self._done >= self._last


def test_a_run_that_was_stopped_goes_on_to_the_same_losses_and_weights(start: str, tmp_path: Path) -> None:
    fields = {"max_steps": 12, "save_every": 5}
    whole = toy.trained(tmp_path / "whole", start, rows(), **fields)
    with pytest.raises(StoppedError, match="stopped at step 7"):
        toy.trained(tmp_path / "stopped", start, rows(), watch=_StopsAt(7), **fields)
    resumed = toy.trained(tmp_path / "stopped", start, rows(), resume="prm-1", **fields)
    assert losses(resumed) == losses(whole)
    assert [line["step"] for line in lines(resumed) if "eval_auc" in line] == [0, 12]
    one, other = (load_file(run.model_folder / "model.safetensors") for run in (whole, resumed))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_loss_that_is_no_number_ends_the_run_with_its_checkpoints_as_they_were(start: str, tmp_path: Path) -> None:
    with pytest.raises(NotFiniteError, match="Next: a lower learning rate"):
        toy.trained(tmp_path, start, rows(), learning_rate=1e30, max_grad_norm=1e30, warmup=0.0, save_every=1)
    assert not list(tmp_path.glob("runs/*/model"))


def test_adapters_and_the_head_are_trained_and_merged_into_a_plain_model(start: str, tmp_path: Path) -> None:
    run = toy.trained(
        tmp_path, start, rows(), lora_rank=8, lora_alpha=32, gradient_checkpointing=True, learning_rate=1e-2
    )
    assert 0 < run.record.trained_parameters < run.record.parameters / 5
    assert (run.model_folder / "model.safetensors").exists()
    told = [line["eval_auc"] for line in lines(run) if "eval_auc" in line]
    assert told[1] > max(0.9, told[0])
    wrong, right = said(run, ["red bus odd car", "red bus"])
    assert wrong < right
