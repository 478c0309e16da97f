"""Scoring: many solutions at once, with the numbers of one by one, and never one fewer."""

import json
import math
import random
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    GPT2Config,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from tests.training.process_reward import toy
from training.errors import ModelError
from training.process_reward.encoding import Encoder
from training.process_reward.prefixes import can_share
from training.process_reward.scoring import RIGHT, Scorer, ScorerConfig, score_steps

_SHARING = ("llama", "mistral", "qwen2", "qwen3")


def model_of(kind: str, vocabulary: int) -> PreTrainedModel:
    """A random model whose numbers depend on every token that it sees."""
    torch.manual_seed(1)
    if kind == "gpt2":
        config = GPT2Config(vocab_size=vocabulary, n_embd=32, n_layer=2, n_head=4, initializer_range=0.3, num_labels=2)
    else:
        config = AutoConfig.for_model(
            kind.partition("-")[0],
            vocab_size=vocabulary,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            sliding_window=16 if kind == "mistral-window" else None,
            initializer_range=0.3,
            num_labels=2,
        )
    return AutoModelForTokenClassification.from_config(config).eval()


@pytest.fixture(scope="module")
def tokenizer(start: str) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(start)


@pytest.fixture(scope="module")
def llama(tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    return model_of("llama", len(tokenizer))


def solutions(count: int) -> tuple[list[str], list[list[str]]]:
    """Prompts of one to nine solutions, which often begin alike, in no order; some solutions and steps are empty."""
    draw = random.Random(2)
    rows = []
    while len(rows) < count:
        prompt = " ".join(draw.choices(toy.WORDS, k=draw.randint(5, 40)))
        steps = [" ".join(draw.choices(toy.WORDS, k=draw.randint(0, 12))) for _ in range(8)]
        for _ in range(draw.randint(1, 9)):
            kept = steps[: draw.randint(0, 8)]
            rows.append((prompt, [*kept, " ".join(draw.choices(toy.WORDS, k=3))] if draw.random() < 0.7 else kept))
    draw.shuffle(rows)
    return [prompt for prompt, _ in rows], [steps for _, steps in rows]


def by_hand(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompt: str, steps: list[str]) -> list[float]:
    """The scores of one solution, by the model alone."""
    (row,) = Encoder(tokenizer).encode([prompt], [steps])
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([row.ids])).logits[0]
    return [float(logits[end].softmax(-1)[RIGHT]) for end in row.ends]


@pytest.mark.parametrize("kind", [*_SHARING, "mistral-window", "gpt2"])
def test_many_at_once_get_the_numbers_of_one_by_one_in_their_order(
    kind: str, tokenizer: PreTrainedTokenizerBase
) -> None:
    model = model_of(kind, len(tokenizer))
    prompts, steps = solutions(80)
    expected = [by_hand(model, tokenizer, *each) for each in zip(prompts, steps, strict=True)]
    assert can_share(model) == (kind in _SHARING)
    for tokens in (1, 300, 10_000):
        scores = score_steps(model, tokenizer, prompts, steps, batch_tokens=tokens)
        assert [len(each) for each in scores] == [len(each) for each in steps]
        flat = torch.tensor([score for each in scores for score in each])
        assert flat.std() > 0.1  # the numbers differ, so that mixed up ones would show
        assert torch.allclose(flat, torch.tensor([score for each in expected for score in each]), atol=1e-5)


def test_sharing_computes_fewer_tokens_than_there_are(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    seen = 0

    def count(_: torch.nn.Module, __: object, given: dict[str, torch.Tensor]) -> None:
        nonlocal seen
        seen += given["input_ids"].numel()

    prompt, steps = "red green blue " * 20, ["one two three " * 10, "four"]
    hook = llama.register_forward_pre_hook(count, with_kwargs=True)
    alone = score_steps(llama, tokenizer, [prompt], [steps])
    tokens, seen = seen, 0
    together = score_steps(llama, tokenizer, [prompt] * 8, [[*steps[:1], f"{word}"] for word in toy.WORDS[:8]])
    hook.remove()
    assert seen < 2 * tokens
    assert [each[0] for each in together] == pytest.approx([alone[0][0]] * 8, abs=1e-6)


def test_empty_solutions_and_empty_steps_have_their_scores(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    assert score_steps(llama, tokenizer, [], []) == []
    assert score_steps(llama, tokenizer, ["?"], [[]]) == [[]]
    nothing, empty, again = score_steps(llama, tokenizer, ["", "?", "?"], [[], ["", ""], ["", "", "one"]])
    assert nothing == []
    assert empty == pytest.approx(again[:2], abs=1e-6)
    assert all(0 < score < 1 for score in again)


def test_a_step_behind_the_longest_row_is_marked_and_those_before_it_are_scored(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    steps = ["one two", "red green blue", "four"]
    (row,) = Encoder(tokenizer).encode(["?"], [steps])
    (whole,) = score_steps(llama, tokenizer, ["?"], [steps])
    for fitting in range(4):
        longest = row.ends[fitting - 1] + 1 if fitting else 1
        (scores,) = score_steps(llama, tokenizer, ["?"], [steps], longest=longest)
        assert scores[:fitting] == pytest.approx(whole[:fitting], abs=1e-6)
        assert [math.isnan(score) for score in scores[fitting:]] == [True] * (3 - fitting)


def test_scoring_leaves_a_model_in_training_as_it_was(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    expected = score_steps(llama, tokenizer, ["?"], [["one"]])
    llama.train()
    assert score_steps(llama, tokenizer, ["?"], [["one"]]) == expected
    assert llama.training
    llama.eval()


@pytest.fixture
def folder(tmp_path: Path, llama: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Path:
    llama.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    ScorerConfig(kind="backprm", max_length=64).write(tmp_path)
    return tmp_path


def test_a_scorer_is_loaded_with_what_it_is(
    folder: Path, llama: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> None:
    scorer = Scorer.load(str(folder))
    assert scorer.config.kind == "backprm"
    prompts, steps = solutions(10)
    expected = score_steps(llama, tokenizer, prompts, steps)
    for scores, wanted in zip(scorer.score(prompts, steps), expected, strict=True):
        assert scores == pytest.approx(wanted, abs=1e-6)


def test_a_scorer_reads_as_much_as_its_model_can(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 16}))
    (scores,) = Scorer.load(str(folder)).score(["?"], [["one"] * 20])
    assert len(scores) == 20
    assert not math.isnan(scores[0])
    assert math.isnan(scores[-1])


def test_what_is_no_process_reward_model_is_an_error_of_one_line(folder: Path, start: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is no process reward model: it has no process_reward\.json"):
        Scorer.load(start)
    (folder / "process_reward.json").write_text('{"kind": "orm"}')
    with pytest.raises(ModelError, match=r"process_reward\.json cannot be read"):
        Scorer.load(str(folder))
    ScorerConfig(kind="prm", max_length=64).write(folder)
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match="is no model that can be loaded"):
        Scorer.load(str(folder))
