"""How a command fails: one line that names the value at fault, what state is left, and the next command."""

import typer

from curation.errors import CurationError
from generation.llm.errors import ModelError
from training.errors import TrainingError


class CommandError(Exception):
    """A failure of a command that the user can mend; its text is the whole line."""


def explain(error: Exception) -> tuple[str, int]:
    """The one line for an error, and the exit code: 2 for a wrong use of the command, otherwise 1."""
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        hint = f" (see {context.command_path} --help)" if context else ""
        return f"{error.format_message()}{hint}", error.exit_code
    if isinstance(error, CommandError | CurationError | ModelError | TrainingError):
        return str(error), 1
    return f"{type(error).__name__}: {error} (--debug shows where)", 1
