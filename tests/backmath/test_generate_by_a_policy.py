"""`backmath generate --policy`: decided by a policy of one's own, and told so when it goes on."""

from pathlib import Path

import pytest

from backmath.app import main
from tests.curation import made


def stock(folder: Path, *extra: str) -> tuple[int, list[tuple[str, str]]]:
    """Derive from a problem with the options, and return the exit code and the decisions with their policy."""
    pens = made.problem(3).model_copy(
        update={
            "question": "Ann has 3 pens and buys 4 more. How many pens does she have?",
            "solution": "She has 3+4 = <<3+4=7>>7 pens.",
            "answer": "7",
        }
    )
    store = made.ingested(folder / "workspace", pens)
    code = main(["generate", "--workspace", str(folder / "workspace"), "--concurrency", "1", *extra])
    return code, made.query(store, "SELECT DISTINCT verdict, split_part(policy, '+', 1) FROM decisions ORDER BY ALL")


def test_it_decides_by_the_policy_and_keeps_it_with_the_run(tmp_path: Path) -> None:
    file = tmp_path / "proven.toml"
    file.write_text('version = "proven-1"\nprecision_at_least = 0.97\n')
    code, decided = stock(tmp_path, "--policy", str(file))
    assert code == 0
    assert decided == [("review", "proven-1")]
    store = made.Store(tmp_path / "workspace")
    ((line,),) = made.query(store, "SELECT command_line FROM runs WHERE command = 'generate'")
    assert line == f"backmath generate --policy {file} --concurrency 1"


def test_left_out_the_default_decides(tmp_path: Path) -> None:
    code, decided = stock(tmp_path)
    assert code == 0
    assert decided == [("accept", "default-4")]


def test_a_wrong_policy_is_one_line_and_derives_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('version = "w"\nprecision_at_least = 1\n')
    code, decided = stock(tmp_path, "--policy", str(file))
    assert (code, decided) == (1, [])
    error = capsys.readouterr().err
    assert error.startswith(f"backmath: {file}: precision_at_least = 1: ")
    assert error.count("\n") == 1
