"""Every command has help with an example that runs, and the help comes at once."""

import re
import resource
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from backmath.app import app, main
from curation.review.server import credentials, folder
from tests.backmath import cli
from tests.curation.review.running import RunningArgilla
from tests.llm_process import serve


def commands() -> Iterator[tuple[str, ...]]:
    """Every command that does something, as the words that call it."""

    def walk(command: object, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        below = getattr(command, "commands", None)
        if below is None:
            yield words
        else:
            for name, sub in below.items():
                yield from walk(sub, (*words, name))

    yield from walk(typer.main.get_command(app), ())


COMMANDS = list(commands())


def help_of(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    assert main([*words, "--help"]) == 0
    return capsys.readouterr().out


def example(text: str) -> str:
    """The example at the end of a command's help, as it was before it was wrapped."""
    found = re.search(r"^ Example: (.*)\Z", text, re.MULTILINE | re.DOTALL)
    assert found, text
    return " ".join(found[1].split())


def test_the_commands_are_those_that_work_now() -> None:
    assert {" ".join(words) for words in COMMANDS} == {
        "quickstart",
        "ingest",
        "generate",
        "triage",
        "status",
        "report",
        "rollout",
        "evaluate",
        "candidates list",
        "candidates show",
        "candidates export",
        "llm serve",
        "release create",
        "release list",
        "release show",
        "release diff",
        "release publish",
        "review serve",
        "review push",
        "review pull",
        "review adjudicate",
        "review status",
        "review agreement",
        "train sft",
        "train prm",
        "train backprm",
        "train ppo",
        "train grpo",
        "train compare",
    }


SERVERS = [("llm", "serve"), ("review", "serve")]
"""Commands that run until they are stopped; tests of their own start them."""
ASKING_ARGILLA = [("review", "pull"), ("review", "adjudicate")]
ASKING_A_MODEL = [("rollout",)]
TRAINING = [words for words in COMMANDS if words[0] == "train"]
"""Commands that take minutes; tests of their own run them, with fewer steps."""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_has_help_for_itself_and_for_each_of_its_options(words: tuple[str, ...]) -> None:
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]  # type: ignore[attr-defined]
    assert command.help
    assert command.help.splitlines()[0].endswith(".")
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{' '.join(words)} {parameter.name}"
    without_workspace = {("llm", "serve")}
    needed = {"debug"} if words in without_workspace else {"workspace", "debug"}
    assert needed <= {parameter.name for parameter in command.params}


@pytest.mark.parametrize(
    "words",
    [words for words in COMMANDS if words not in (*SERVERS, *ASKING_ARGILLA, *ASKING_A_MODEL, *TRAINING)],
    ids=" ".join,
)
def test_the_example_of_a_command_runs(
    words: tuple[str, ...], workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workplace / "problems.jsonl").write_text(
        '{"q": "Ann has 3 pens and buys 4. How many?", "steps": "3+4=7\\n#### 7"}\n'
    )
    (workplace / "strict.toml").write_text('version = "strict-1"\n[checks]\nagreement = { undecided = "review" }\n')
    line = example(help_of(words, capsys))
    program, *arguments = shlex.split(line)
    assert program == "backmath"
    assert tuple(arguments[: len(words)]) == words
    if words == ("candidates", "show"):  # whose ids change with the code
        ((first,),) = cli.query(workplace / "workspace", "SELECT min(candidate_id) FROM candidate_overview")
        arguments[-1] = first[:8]
    assert main(arguments) == 0, line
    assert capsys.readouterr().out


@pytest.mark.parametrize("words", ASKING_A_MODEL, ids=" ".join)
def test_the_example_of_a_command_that_asks_a_model_runs(
    words: tuple[str, ...], workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve("--model", "gpt-4o-mini", "--text", '{"steps": [], "answer": "1"}') as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        program, *arguments = shlex.split(example(help_of(words, capsys)))
        assert program == "backmath"
        assert main(arguments) == 0
        assert server.stats()["total"] > 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("words", ASKING_ARGILLA, ids=" ".join)
def test_the_example_of_a_command_that_asks_argilla_runs(
    words: tuple[str, ...], argilla: RunningArgilla, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.make(workplace / "workspace")
    credentials.write(workplace / "workspace", argilla.credentials)
    program, *arguments = shlex.split(example(help_of(words, capsys)))
    assert program == "backmath"
    assert tuple(arguments[: len(words)]) == words
    assert main(arguments) == 0
    assert capsys.readouterr().out


def test_bare_backmath_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(words[0] in shown for words in COMMANDS)


def test_help_comes_within_half_a_second() -> None:
    def seconds() -> float:
        """Processor time, which other work on the machine does not add to."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([cli.COMMAND, "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.5
