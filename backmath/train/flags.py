"""Flags from a configuration: one option for each field, whose help is the field's description."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_args, get_origin

import typer

from schemas.model import Model


def with_flags(configuration: type[Model]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each field of a configuration; those that are used reach its argument `flags`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        fields = configuration.model_fields

        def wrapped(**options: Any) -> None:
            given = {name: options.pop(name) for name in fields}
            command(flags={name: value for name, value in given.items() if value not in (None, [])}, **options)

        own = [each for each in inspect.signature(command).parameters.values() if each.name != "flags"]
        added = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(name, field.annotation, field)
            )
            for name, field in fields.items()
        ]
        first = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        wrapped.__signature__ = inspect.Signature([*first, *added])  # type: ignore[attr-defined]
        wrapped.__annotations__ = {each.name: each.annotation for each in (*first, *added)}
        wrapped.__doc__ = command.__doc__
        wrapped.__name__ = command.__name__
        return wrapped

    return decorate


def _option(name: str, annotation: Any, field: Any) -> Any:
    """The annotation of the option of a field: its type, or None where it is not used."""
    shown = ", ".join(map(str, field.default)) or "none" if isinstance(field.default, tuple) else field.default
    flag = f"--{name.replace('_', '-')}"
    kind: Any = annotation
    if get_origin(annotation) is tuple:
        kind = list[str]  # typer knows no list of literals; pydantic says what is not one of them
        choices = ", ".join(get_args(get_args(annotation)[0]))
        described = f"{field.description}{f' Of {choices};' if choices else ' It'} may be given again. [{shown}]"
    elif annotation is bool:
        flag = f"{flag}/--no-{name.replace('_', '-')}"
        described = f"{field.description} [{'yes' if shown else 'no'}]"
    else:
        described = f"{field.description} [{shown}]"
    return Annotated[
        kind | None, typer.Option(flag, help=described, show_default=False, rich_help_panel="Configuration")
    ]
