"""Evaluations by a real model: what is said does not depend on batches or stops, and all figures are of the files."""

import json
from pathlib import Path

import pytest
import torch

from schemas.evaluation import Answered, Scored
from tests.training.evaluation.made import Stopping
from training.configurations.evaluation import EvaluationConfiguration
from training.errors import EvaluationError, ModelError, RunError, StoppedError
from training.evaluation import evaluation, lines
from training.evaluation.sampling import ask, groups, tasks
from training.evaluation.sets import load
from training.models import load_policy, load_tokenizer
from training.tokens import prompt_ids

QUESTIONS = 6


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A set of questions whose lengths differ."""
    rows = [
        {"question": f"Ann has {'very ' * number}3 pens and buys {number}.", "answer": str(3 + number)}
        for number in range(QUESTIONS)
    ]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"own={tmp_path / 'own.jsonl'}"


def configuration(own: str, **more: object) -> EvaluationConfiguration:
    return EvaluationConfiguration.model_validate({"on": (own,), "max_tokens": 12, "batch_size": 4, **more})


def said(workspace: Path, run: str) -> dict[tuple[str, int], str]:
    return {(row.row_id, row.sample): row.completion for row in evaluation.answers(workspace, run)}


def test_greedy_answers_do_not_depend_on_batches_and_confidence_is_the_mean_probability(
    own: str, model: str, tmp_path: Path
) -> None:
    for size in (4, 1):
        evaluation.evaluate(tmp_path, configuration(own, batch_size=size), model=model, watch=Stopping())
    assert said(tmp_path, "evaluate-1") == said(tmp_path, "evaluate-2")
    row = evaluation.answers(tmp_path, "evaluate-1")[0]
    (task,) = [each for each in tasks(load(own).questions, 0) if each.question.row_id == row.row_id]
    policy, tokenizer = load_policy(model), load_tokenizer(model)
    prompt = prompt_ids(tokenizer, task.messages)
    ids, mask = torch.tensor([prompt]), torch.ones(1, len(prompt), dtype=torch.long)
    made = policy.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=12)
    with torch.inference_mode():
        probabilities = policy(made).logits[0].softmax(-1)
    chosen = [float(probabilities[place - 1, made[0, place]]) for place in range(len(prompt), made.shape[1])]
    assert row.confidence == pytest.approx(sum(chosen) / len(chosen), abs=1e-4)
    assert row.tokens + row.finished == len(chosen)


def test_a_stopped_run_goes_on_as_if_it_had_not_been(own: str, model: str, tmp_path: Path) -> None:
    asked = configuration(own, samples=2)
    whole = evaluation.evaluate(tmp_path, asked, model=model, watch=Stopping(), name="whole")
    with pytest.raises(StoppedError):
        evaluation.evaluate(tmp_path, asked, model=model, watch=Stopping(lambda done: done > 0), name="parts")
    before = said(tmp_path, "parts")
    assert 0 < len(before) < 3 * QUESTIONS
    with (tmp_path / "runs" / "parts" / "answers.jsonl").open("a") as file:
        file.write('{"set": "own", "row_')  # as a kill leaves it
    name, again = evaluation.begun(tmp_path, "parts")
    assert (name, again) == (model, asked)
    found = evaluation.evaluate(tmp_path, again, model=name, watch=Stopping(), name="parts", resume=True)
    assert said(tmp_path, "parts") == said(tmp_path, "whole")
    assert found.results == whole.results
    assert evaluation.is_done(tmp_path, "parts")
    with pytest.raises(RunError, match="is done"):
        evaluation.evaluate(tmp_path, again, model=name, watch=Stopping(), name="parts", resume=True)


def test_samples_differ_greedy_ones_do_not_and_every_figure_is_of_the_answers(
    own: str, model: str, prm: str, tmp_path: Path
) -> None:
    found = evaluation.evaluate(tmp_path, configuration(own, samples=3, prm=prm), model=model, watch=Stopping())
    rows = evaluation.answers(tmp_path, "evaluate-1")
    assert len(rows) == 4 * QUESTIONS
    assert len({row.completion for row in rows if row.row_id == rows[0].row_id and row.sample}) == 3
    (result,) = found.results
    assert result.accuracy.value == sum(row.outcome == "equal" for row in rows if not row.sample) / QUESTIONS
    assert [each.by for each in result.selected] == ["majority", "oracle", "min", "product", "last", "mean"]
    assert found == evaluation.read(tmp_path, "evaluate-1")
    scores = lines.read(tmp_path / "runs" / "evaluate-1" / "scores.jsonl", Scored)
    assert {(row.row_id, row.sample) for row in scores} == {(row.row_id, row.sample) for row in rows if row.sample}
    again = evaluation.evaluate(
        tmp_path, configuration(own), model=model, watch=Stopping(), against=["evaluate-1"]
    ).comparisons
    assert [(each.measure, each.difference.value, each.p_value) for each in again] == [("accuracy", 0.0, 1.0)]
    assert evaluation.compare(tmp_path, "evaluate-1", ["evaluate-2"]).comparisons[0].other == "evaluate-2"


def test_a_process_reward_model_is_tested_alone(prm: str, tmp_path: Path) -> None:
    rows = [
        {"problem": f"Ann has {number} pens and buys 4.", "steps": ["3 + 4 = 7", "7 pens"], "label": label}
        for number, label in enumerate((0, 1, -1, -1, 0))
    ]
    (tmp_path / "bench.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = EvaluationConfiguration(on=(f"processbench_gsm8k={tmp_path / 'bench.jsonl'}",), prm=prm)
    (found,) = evaluation.evaluate(tmp_path, asked, model="", watch=Stopping()).first_errors
    assert (found.erroneous.n, found.correct.n, found.model) == (3, 2, prm)
    with pytest.raises(ModelError, match="none is named"):
        evaluation.evaluate(tmp_path, asked.model_copy(update={"prm": ""}), model="", watch=Stopping())


def test_a_question_longer_than_the_context_is_cut_off_and_not_right(model: str, tmp_path: Path) -> None:
    rows = [{"question": "3 pens " * 2500, "answer": "7"}, {"question": "How many?", "answer": "7"}]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = evaluation.evaluate(tmp_path, configuration(f"own={tmp_path / 'own.jsonl'}"), model=model, watch=Stopping())
    (long,) = [row for row in evaluation.answers(tmp_path, "evaluate-1") if len(row.question) > 100]
    assert (long.completion, long.finished, long.outcome) == ("", False, "undecided")
    assert found.results[0].no_answer.value >= 0.5


def test_what_cannot_be_compared_with_is_said_before_anything_is_asked(own: str, model: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run nothing"):
        evaluation.evaluate(tmp_path, configuration(own), model=model, watch=Stopping(), against=["nothing"])
    with pytest.raises(EvaluationError, match="named twice"):
        evaluation.evaluate(tmp_path, configuration(own, on=(own, own)), model=model, watch=Stopping())
    assert not list((tmp_path / "runs").glob("*"))


async def _never(*_: object) -> None:
    raise AssertionError("a model was loaded for nothing")


def test_what_is_answered_already_needs_no_model(own: str, model: str, tmp_path: Path) -> None:
    import asyncio

    evaluation.evaluate(tmp_path, configuration(own), model=model, watch=Stopping())
    wanted = tasks(load(own).questions, 0)
    rows = asyncio.run(ask(tmp_path / "runs" / "evaluate-1", wanted, _never, Stopping()))  # type: ignore[arg-type]
    assert len(rows) == QUESTIONS
    told = [row.model_copy(update={"answer": answer}) for row, answer in zip(rows, ("1", "2/2", "x"), strict=False)]
    assert asyncio.run(groups([told])) == [[0, 0, 1]]
    assert Answered.model_validate_json(rows[0].model_dump_json()) == rows[0]
