"""Text from data reaches the terminal as text."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from backmath.terminal import console, data, print_error, safe

HOSTILE = {
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;owned\x07",
    "one-byte escape": "\x9b2J",
    "carriage return": "safe\roverwritten",
    "backspace": "ab\b\bcd",
    "null": "a\x00b",
    "right-to-left override": "abc\u202efdp",
    "isolate": "\u2066x\u2069",
    "lone surrogate": "\ud800",
    "line separator": "a\u2028b",
    "markup": "[bold]bold[/bold] [link=http://example.org]x[/link] [/]",
    "emoji code": ":smile:",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_written_out(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    console().print(data(text, style="bold"))
    console().print(safe(text))
    shown = capsys.readouterr().out
    assert shown == f"{safe(text)}\n" * 2
    assert not {unicodedata.category(character) for character in shown.replace("\n", "")} & {"Cc", "Cf", "Cs", "Zl"}


def test_markup_in_data_sets_no_style() -> None:
    out = io.StringIO()
    Console(file=out, force_terminal=True, color_system="truecolor", markup=False, width=200).print(
        data(HOSTILE["markup"])
    )
    assert out.getvalue() == f"{HOSTILE['markup']}\n"


@given(st.text())
def test_safe_text_holds_no_character_that_acts_and_is_its_own_safe_form(text: str) -> None:
    shown = safe(text)
    assert all(unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"} for c in shown if c != "\n")
    assert safe(shown) == shown


def test_letters_of_any_script_stay_as_they_are() -> None:
    text = "½ of 5 € — 小明有5个苹果, می‌خواهم, 👩‍🚀\nnext line"
    assert safe(text) == text


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("cannot read \x1b[31m'a\nb'")
    assert capsys.readouterr().err == "backmath: cannot read \\x1b[31m'a b'\n"
