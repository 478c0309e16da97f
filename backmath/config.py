"""Configuration: `backmath.toml` in the workspace, overridden by BACKMATH_* variables, overridden by flags.

[generate]
concurrency = 4

[triage]
policy = "strict.toml"
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

FILE_NAME = "backmath.toml"


def configured(command: str, option: str, **parameter: Any) -> Any:
    """A typer option that the workspace's file and an environment variable can set."""
    return typer.Option(envvar=_variable(command, option), show_envvar=False, **parameter)


def _variable(command: str, option: str) -> str:
    """The environment variable of a command's option; an option that has it can be configured."""
    return f"BACKMATH_{command}_{option}".upper()


def _configure(context: typer.Context, workspace: Path) -> Path:
    """Take the defaults of the command's options from the workspace's file.

    Raises: typer.BadParameter, naming the file, where it cannot be read or names what no command has.
    """
    file = workspace / FILE_NAME
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return workspace
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    commands = getattr(context.find_root().command, "commands", {})
    for command, options in settings.items():
        known = {
            parameter.name
            for parameter in (commands[command].params if command in commands else [])
            if parameter.envvar == _variable(command, parameter.name)
        }
        if not known or not isinstance(options, dict):
            raise typer.BadParameter(f"{file}: {command!r} is not a table of a command that can be configured")
        if unknown := options.keys() - known:
            names = ", ".join(sorted(known))
            raise typer.BadParameter(f"{file}: [{command}] has no {min(unknown)!r}, only {names}")
    context.default_map = settings.get(context.info_name or "", {})
    return workspace


Workspace = Annotated[
    Path,
    typer.Option(
        "--workspace",
        envvar="BACKMATH_WORKSPACE",
        help="Folder that holds the store and backmath.toml.",
        is_eager=True,
        callback=_configure,
        metavar="FOLDER",
    ),
]

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else.")]

DEFAULT_WORKSPACE = Path("workspace")
