"""Configuration: the workspace's file, over it variables, over them flags."""

import json
from pathlib import Path

import pytest

from backmath.app import main
from tests.backmath import cli


def triaged_by(folder: Path) -> str:
    """The version of the policy that decided last."""
    ((policy,),) = cli.query(folder / "workspace", "SELECT policy FROM decisions ORDER BY rowid DESC LIMIT 1")
    return str(policy).partition("+")[0]


@pytest.fixture
def policies(workplace: Path) -> Path:
    """Three policies, each of which changes every accepted candidate's reasons, and the first one configured."""
    for number, name in enumerate(("agreement", "judge", "backprm")):
        rules = f'version = "policy-{number}"\n[checks]\n{name} = {{ undecided = "review" }}\n'
        (workplace / f"{number}.toml").write_text(rules)
    (workplace / "workspace" / "backmath.toml").write_text('[triage]\npolicy = "0.toml"\n')
    return workplace


def test_flags_go_before_variables_and_variables_before_the_file(
    policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["triage"]) == 0
    assert triaged_by(policies) == "policy-0"
    monkeypatch.setenv("BACKMATH_TRIAGE_POLICY", "1.toml")
    assert main(["triage"]) == 0
    assert triaged_by(policies) == "policy-1"
    assert main(["triage", "--policy", "2.toml"]) == 0
    assert triaged_by(policies) == "policy-2"


def test_the_file_of_the_chosen_workspace_counts(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = workplace / "other"
    other.mkdir()
    (other / "backmath.toml").write_text("[generate]\nlimit = 2\nconcurrency = 1\n")
    assert main(["ingest", "gsm8k", "--path", str(cli.SAMPLE), "--workspace", str(other)]) == 0
    monkeypatch.setenv("BACKMATH_WORKSPACE", str(other))
    assert main(["generate"]) == 0
    assert cli.query(other, "SELECT count(*) FROM derivations") == [(2,)]
    ((configuration,),) = cli.query(other, "SELECT configuration FROM runs WHERE command = 'generate'")
    assert json.loads(configuration)["limit"] == 2
    assert main(["generate", "--limit", "3"]) == 0
    assert cli.query(other, "SELECT count(*) FROM derivations") == [(3,)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[generate]\nlimits = 3\n", "[generate] has no 'limits', only base_url, budget, concurrency, executor"),
        ("[generate]\nworkspace = 'x'\n", "[generate] has no 'workspace'"),
        ("[status]\njson = true\n", "'status' is not a table of a command that can be configured"),
        ("generate = 3\n", "'generate' is not a table"),
        ("limit = 3\n", "'limit' is not a table"),
        ("[generate\n", "backmath.toml: "),
        ("\xff", "backmath.toml: "),
        ('[generate]\nlimit = "many"\n', "limit"),
        ('[generate]\nformula = "guess"\n', "guess"),
    ],
)
def test_a_file_that_cannot_hold_is_one_line_that_names_the_value(
    text: str, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "backmath.toml").write_bytes(text.encode("latin-1"))
    assert main(["generate", "--workspace", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert named in err
    assert err.count("\n") == 1


def test_the_file_holds_for_every_command_of_the_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "backmath.toml").write_text("[nonsense]\nx = 1\n")
    assert main(["candidates", "list", "--workspace", str(tmp_path)]) == 2
    assert "'nonsense'" in capsys.readouterr().err
