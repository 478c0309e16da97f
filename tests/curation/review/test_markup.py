r"""Markup for the page: text reads as it stands, only mathematics is typeset, and nothing of the text acts.

The page's rules, of marked 5.1 with marked-katex-extension 5.0: `\` before punctuation shows the sign; `$...$` is
mathematics behind a space or at the start of a line, and before white space or one of `? ! . , :`.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.review.markup import THIN, inline, markdown, prose, woven
from generation.sources.ingest import read
from generation.wordings.fobar import mathematics
from schemas.problem import Problem
from tests.data import data_file

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(r"(?:https?|ftp)://|www\.|[A-Za-z0-9._+-]@[A-Za-z0-9_-]", re.I)
_BLOCK = re.compile(
    r"""(?mx)^(?:\ {4}|\t           # code
    |\ {0,3}(?:[-+*]|\d{1,9}[.)])(?=\s|$)  # lists
    |\ {0,3}(?:\#|>|=+\s*$|-+\s*$|(?:[-*_][ ]*){3,}$|`{3}|~{3}|<|\|?\s*:?-+:?\s*(?:\||$)|\||\[))"""
)
_INLINE = re.compile(r"(?<!\\)[`*_\[\]<>#|~&@]")
_FORMULA = re.compile(
    r"(?m:^|(?<= ))\$((?:\\.|[^\\\n$])+)\$(?=[\s?!.,:]|\Z)|(?m:^)\$\$\n((?:\\[^\n]|[^\\\n])+)\n\$\$(?=\n|\Z)"
)
_FENCE = re.compile(r"\n\n(`{3,})\n(.*?)\n\1\n\n", re.S)


def shown(text: str) -> str:
    """What the page shows of Markdown with no markup but escapes, mathematics between brackets of its own."""
    drawings: list[str] = []

    def aside(match: re.Match[str]) -> str:
        drawings.append(match[2])
        return "\n\n\x01\n\n"

    text = _FENCE.sub(aside, text)
    formulas: list[str] = []

    def kept(match: re.Match[str]) -> str:
        formulas.append(match[1] or match[2])
        return "\x02"

    text = _FORMULA.sub(kept, text)
    plain = text.replace("<mark>", "").replace("</mark>", "")
    masked = re.sub(r"\\\\", "\x03\x03", plain)
    assert not re.search(r"(?<!\\)\$", masked), text  # every other dollar sign is a dollar
    assert not _INLINE.search(masked), text
    assert not _BLOCK.search(masked), text
    assert not _LINK.search(masked), text
    plain = _ESCAPE.sub(r"\1", plain)
    plain = re.sub("\x02", lambda _: f"⟦{formulas.pop(0)}⟧", plain)
    return re.sub("\x01", lambda _: drawings.pop(0), plain)


def same(text: str, other: str) -> bool:
    """Whether two texts are the same but for white space."""
    return "".join(text.split()) == "".join(other.split())


def expected(text: str) -> str:
    """A LaTeX text with its mathematics between the same brackets, and its escaped signs as they are read."""
    parts: list[str] = []
    end = 0
    for start, stop in mathematics(text):
        sign = 1 if text[start] == "$" and text[start + 1] != "$" else 2
        parts += (_unescaped(text[end:start]), f"⟦{text[start + sign : stop - sign]}⟧")
        end = stop
    return "".join((*parts, _unescaped(text[end:])))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([$%&#_{}])", r"\1", text)


NASTY = [
    "Alice has $5 and Bob has $7", "$5$", "$", "$$", "$$\nx\n$$", "2*3*4 and a_b_c", "**bold** __x__ `code`", "***",
    "- one\n- two", "+ one\n* two", "1. one\n2) two", "  - deep\n    - deeper", "-5 and +5", "Title\n===", "Title\n---",
    "Title\n--", "---", "- - -", "a\n***\nb", "> quote", "# head", "    code", "\tcode", "a\n\n    code", "```\nx\n```",
    "~~~\nx\n~~~", "~~gone~~", "|a|b|\n|-|-|\n|1|2|", "|a|b|\n:-:", "a\n:-:", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "<b>x</b> <!-- y -->", "&lt;b&gt; &copy; &#65;", "![x](http://evil.example/a.png)",
    "[x](javascript:alert(1))", "[a]: http://evil.example\n[a]", "<http://evil.example>", "http://evil.example/x?y=1",
    "HTTPS://evil.example", "see www.evil.example, Www.evil.example", "ftp://evil.example", "mail a@evil.example",
    "a\\b \\$5 \\\\ \\", "a\r\n- b\r- c", "a\n\n\nb", "{{ 7*7 }} {% x %} ${x}",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_text_reads_as_it_stands_and_does_nothing(text: str) -> None:
    assert same(shown(prose(text)), text)
    assert same(shown(markdown(text, "annotated")), text)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from([*NASTY, " ", "\n", "x", "5", "$", "\\"]) | st.text(max_size=6), max_size=6).map("".join)
)
def test_whatever_text_reads_as_it_stands(text: str) -> None:
    hidden = re.compile(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ue000-\ue002]"
    )
    assert same(shown(prose(text)), hidden.sub("\ufffd", text))


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x85", "\u202e", "\u2066", "\u200f", "\ue000", "\ue001", "\ue002"]
)
def test_a_character_that_is_not_seen_or_turns_others_round_is_shown_as_a_sign(character: str) -> None:
    for shown_text in (
        prose(f"a{character}b"),
        markdown(f"a{character}b", "latex"),
        markdown(f"a{character}b 5", "annotated", (4, 5)),
        woven(f"a{character}b", []),
    ):
        assert shown_text.startswith("a\ufffdb")


def test_what_is_hidden_is_marked_and_nothing_else() -> None:
    assert markdown("He paid $5 for 3 * 2.", "annotated", (8, 10)) == r"He paid <mark>\$5</mark> for 3 \* 2."
    assert markdown("5. x", "annotated", (0, 1)) == "<mark>5</mark>. x"
    assert markdown("Add 5 to $x$.", "latex", (4, 5)) == "Add <mark>5</mark> to $x$."
    assert markdown("<mark>5</mark>", "annotated", (6, 7)) == r"\<mark\><mark>5</mark>\</mark\>"


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("Let $x$ be 5.", "Let $x$ be 5."),
        ("$x$; $y$)", f"$x${THIN}; $y${THIN})"),
        ("($x$-axis)", f"( $x${THIN}-axis)"),
        ("an $n$th term", f"an $n${THIN}th term"),
        ("a\u00a0$x$", "a\u00a0 $x$"),
        ("a\n$x$\nb", "a\n$x$\nb"),
        ("1. $x$", r"1\. $x$"),
        (r"cost \$5 or $5", r"cost \$5 or \$5"),
        (r"is \(x + 1\) so", "is $x + 1$ so"),
        (r"20\% of \#3", r"20% of \#3"),
        ("$a_1*b<c$ and a_1*b<c", r"$a_1*b<c$ and a\_1\*b\<c"),
        ("so\n\\[x\n+ 1\\]\nholds", "so\n\n\n$$\nx + 1\n$$\n\n\nholds"),
        ("so $$x$$.", "so \n\n$$\nx\n$$\n\n."),
        (r"\(\)", ""),
        (r"\(a $ b\)", r"a \$ b"),
        (r"see \[x \\", r"\\"),
    ],
)
def test_mathematics_is_set_off_as_the_page_wants_it(text: str, page: str) -> None:
    assert page in markdown(text, "latex")


def test_plain_notation_has_no_mathematics() -> None:
    assert markdown("from $5 to $7, $x$", "annotated") == r"from \$5 to \$7, \$x\$"


def test_a_drawing_is_shown_as_its_code_whatever_is_in_it() -> None:
    text = 'Look: [asy]draw((0,0)--(1,1)); label("$A$"); // ``` <b>[/asy] What is $A$?'
    assert '\n````\ndraw((0,0)--(1,1)); label("$A$"); // ``` <b>\n````\n' in markdown(text, "latex")


def test_formulas_are_woven_into_text_in_their_places() -> None:
    assert woven("so x = 5, and*y", [(3, 8, "x = 5")]) == r"so $x = 5$, and\*y"
    assert woven("ab", [(0, 1, "a"), (1, 2, "b")]) == f"$a${THIN} $b$"
    assert woven("- x", [(2, 3, "x")]) == r"\- $x$"
    assert inline("x\n + 1") == "$x + 1$"
    assert inline("x\\") == "x\\\\"


@pytest.mark.parametrize(("name", "file"), [("math", "math/train.jsonl.gz"), ("gsm8k", "gsm8k/train.jsonl")])
def test_real_problems_read_as_they_stand(name: str, file: str) -> None:
    rows = [row for row in read(name, path=data_file(file)) if isinstance(row, Problem)]
    formulas = 0
    for row in rows:
        for text in (row.question, row.solution):
            if "[asy]" in text:  # a drawing
                continue
            page = markdown(text, row.notation)
            wanted = expected(text) if row.notation == "latex" else text
            assert same(shown(page), wanted), text
            formulas += page.count("$") > page.count("\\$")
    assert len(rows) > 5_000
    assert (formulas > 5_000) == (name == "math")


@pytest.mark.parametrize("piece", ["$", "\\", "`", "[asy]", "\n", " ", "- ", "$x", "\\(", "www.", "://", "[asy][/asy]"])
def test_a_long_text_is_shown_in_no_time(piece: str) -> None:
    assert bool(markdown(piece * 4_000, "latex")) == bool(prose(piece * 4_000)) == bool(piece.strip(" "))
