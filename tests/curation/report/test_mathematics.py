"""LaTeX as MathML: what typesets is let through, and nothing else."""

import re
import time

import pytest

from curation.report.examples import latex_in, typeset
from curation.report.mathematics import mathml
from generation.sources.ingest import read
from schemas.problem import Problem
from tests.data import data_file


@pytest.mark.parametrize(
    ("latex", "written"),
    [
        (r"x + \frac{x}{2}", "<mi>x</mi><mo>+</mo><mfrac><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        (r"\text{a < b}", "<mtext>a&#160;&lt;&#160;b</mtext>"),
        (r"\text{<script>alert(1)</script>}", "<mtext>&lt;script&gt;alert(1)&lt;/script&gt;</mtext>"),
        (r"\href{javascript:alert(1)}{x}", "<mi>x</mi>"),
        (r"\style{background:url(//h/x)}{x}", "<mi>x</mi>"),
        (r"\color{red}x", "<mi>x</mi>"),
    ],
)
def test_mathematics_is_typeset_and_the_rest_is_text(latex: str, written: str) -> None:
    html = mathml(latex)
    assert html is not None
    assert written in str(html).replace("\xa0", "&#160;")
    assert not re.search(r"<script|href|style=|color|url", html.replace("&lt;script", ""))


@pytest.mark.parametrize("latex", ["", " ", "{" * 500, r"\frac" * 200, "x^" * 400, r"\left(" * 300, "x" * 3000])
def test_what_cannot_be_read_is_none_and_takes_no_time(latex: str) -> None:
    began = time.process_time()
    assert mathml(latex) is None
    assert time.process_time() - began < 2


def test_deep_nesting_is_none() -> None:
    assert mathml(r"\sqrt{" * 200 + "x" + "}" * 200) is None


def test_a_condition_is_marked_alone_or_with_the_formula_that_holds_it() -> None:
    assert typeset("He paid $5.", [], (8, 10)) == "He paid <mark>$5</mark>."
    text = "Let $x+5$ be."
    html = typeset(text, latex_in(text, "latex"), (7, 8))
    assert re.fullmatch(r"Let <mark><math.*</math></mark> be\.", html)
    assert typeset("a < b", latex_in("a < b", "latex"), (4, 5)) == "a &lt; <mark>b</mark>"
    assert typeset("$x{$ & 5", latex_in("$x{$ & 5", "latex"), (7, 8)) == "$x{$ &amp; <mark>5</mark>"


def test_the_mathematics_of_math_is_typeset() -> None:
    rows = [row for row in read("math", path=data_file("math/train.jsonl.gz")) if isinstance(row, Problem)][::10]
    formulas = [latex for row in rows for _, _, latex in latex_in(row.question, row.notation)]
    assert len(formulas) > 1_500
    assert sum(mathml(latex) is not None for latex in formulas) / len(formulas) > 0.98
