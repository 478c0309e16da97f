"""Configurations: recipes, a user's file over them, flags over both, and what is not known is named."""

from pathlib import Path

import pytest

from schemas.training import Stage
from training.configurations.reading import RECIPES, base_model, read, recipes
from training.configurations.sft import SftConfiguration
from training.errors import ConfigurationError
from training.stages import CONFIGURATIONS


def test_each_recipe_says_something_valid_of_each_stage_and_names_a_model() -> None:
    assert recipes() == ["1.5b", "135m", "7b", "tiny"]
    for recipe in recipes():
        assert base_model(recipe, None)
        for stage, configuration in CONFIGURATIONS.items():
            assert f"[{stage}]" in (RECIPES / f"{recipe}.toml").read_text()
            assert read(configuration, stage, recipe, None, {}) != configuration()


def test_a_file_is_over_the_recipe_and_flags_are_over_both(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('model = "my/model"\n[sft]\nmax_steps = 7\nlearning_rate = 1e-3\n')
    told = read(SftConfiguration, "sft", "tiny", file, {"learning_rate": 2e-3})
    assert (told.max_length, told.max_steps, told.learning_rate) == (512, 7, 2e-3)
    assert base_model("tiny", file) == "my/model"
    assert base_model("tiny", None) == "tiny"


@pytest.mark.parametrize(
    ("text", "flags", "message"),
    [
        ("[sft]\nlearning_rat = 1", {}, r"mine.toml: \[sft\]: 'learning_rat' is not known; there are max_length, "),
        ("[sft]\nepochs = -1", {}, r"mine.toml: \[sft\]: epochs = -1: Input should be greater than 0"),
        ("[sft]\nepochs = ", {}, "mine.toml cannot be read: "),
        ("", {"trackers": ["wandb"]}, r"flags: trackers.0 = 'wandb': Input should be 'tensorboard' or 'trackio'"),
    ],
    ids=["unknown", "not allowed", "no TOML", "flag"],
)
def test_what_is_wrong_is_named_with_where_it_stands(
    tmp_path: Path, text: str, flags: dict[str, list[str]], message: str
) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        read(SftConfiguration, "sft", None, tmp_path / "mine.toml", flags)


def test_a_recipe_and_a_file_that_are_not_there_are_named(tmp_path: Path) -> None:
    stage: Stage = "sft"
    with pytest.raises(ConfigurationError, match=r"'70b' is no recipe; there are 1.5b, 135m, 7b, tiny"):
        read(SftConfiguration, stage, "70b", None, {})
    with pytest.raises(ConfigurationError, match=r"none.toml cannot be read: "):
        read(SftConfiguration, stage, None, tmp_path / "none.toml", {})
