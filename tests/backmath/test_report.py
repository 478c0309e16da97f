"""`backmath report`: where it writes, and what it says where it cannot."""

from pathlib import Path

import pytest

from backmath.app import main


def test_it_writes_the_page_into_the_workspace_or_where_it_is_told(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = workplace / "workspace" / "report.html"
    made = page.read_bytes()  # by quickstart
    page.unlink()
    assert main(["report"]) == 0
    assert capsys.readouterr().out == "The report is workspace/report.html\n"
    assert page.read_bytes() == made
    assert main(["report", "--output", "school.html"]) == 0
    assert (workplace / "school.html").read_bytes() == made
    assert "where a number comes from is not certain" in made.decode()


def test_where_it_cannot_be_written_or_there_is_no_store_one_line_says_so(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, line in (
        (["--output", "absent/a.html"], "absent/a.html could not be written (No such file or directory)"),
        (["--output", "workspace"], "workspace could not be written (Is a directory)"),
        (["--workspace", "none"], "none"),
    ):
        assert main(["report", *arguments]) == 1
        error = capsys.readouterr().err
        assert error.startswith("backmath: ")
        assert line in error
        assert error.count("\n") == 1
    assert not (workplace / "none").exists()
    assert not (workplace / "absent").exists()
