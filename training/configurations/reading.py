"""Reading a configuration: the fields' defaults, under a recipe, under a user's file, under flags."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

import training.recipes
from schemas.model import Model
from training.errors import ConfigurationError

RECIPES = Path(training.recipes.__path__[0])

C = TypeVar("C", bound=Model)


def recipes() -> list[str]:
    """The names of the recipes, which are the files of `training/recipes`."""
    return sorted(file.stem for file in RECIPES.glob("*.toml"))


def read(model: type[C], stage: str, recipe: str | None, file: Path | None, flags: Mapping[str, Any]) -> C:
    """The configuration of a stage: of the recipe, changed by the file's table of the stage, changed by the flags.

    Raises ConfigurationError, naming the file and the field, where something is not known or not allowed.
    """
    values: dict[str, Any] = {}
    for each in (_recipe(recipe), file):
        if each is not None:
            table = _tables(each).get(stage, {})
            _checked(model, table, f"{each}: [{stage}]")
            values |= table
    return _checked(model, {**values, **flags}, "flags")


def base_model(recipe: str | None, file: Path | None) -> str | None:
    """The model that a recipe, or a user's file over it, starts from: `model` at its top; None where neither says."""
    found = [_tables(each).get("model") for each in (file, _recipe(recipe)) if each is not None]
    return next((str(each) for each in found if each is not None), None)


def _recipe(name: str | None) -> Path | None:
    if name is None:
        return None
    if name not in recipes():
        raise ConfigurationError(f"{name!r} is no recipe; there are {', '.join(recipes())}")
    return RECIPES / f"{name}.toml"


def _tables(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error


def _checked(model: type[C], values: Mapping[str, Any], where: str) -> C:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise ConfigurationError(
                f"{where}: {name!r} is not known; there are {', '.join(model.model_fields)}"
            ) from None
        raise ConfigurationError(f"{where}: {name} = {first['input']!r}: {first['msg']}") from None
