"""General solving: the roots are exact, proved, and all there are; else undecided with a reason."""

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.verification import general_solve
from generation.verification.expression import ExpressionError, Number, evaluate, parse
from generation.verification.general_solve import real_roots


def roots(text: str, target: str, unknown: str = "x") -> list[str] | None:
    """The roots, or None where they are undecided."""
    found = real_roots(parse(text, (unknown,)), unknown, parse(target))
    assert found.reason
    return list(found.roots) if found.outcome == "solved" else None


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("sqrt(x)", "3", ["9"]),
        ("sqrt(x)", "-3", []),
        ("sqrt(x) + x", "6", ["4"]),  # squaring brings in 9, which is none
        ("sqrt(x^2)", "3", ["-3", "3"]),
        ("sqrt(x+1) - sqrt(x)", "1", ["0"]),
        ("sqrt(x-1) + sqrt(x-4) + sqrt(x+4)", "6", ["5"]),
        ("sqrt(sqrt(x))", "1/2", ["1/16"]),
        ("x/sqrt(x)", "2", ["4"]),  # not 0, where nothing is defined
        ("x^2/x", "0", []),
        ("x^(1/2)", "5", ["25"]),
        ("1/(x^(1/2))", "2", ["1/4"]),
        ("sqrt(2*x)", "4", ["8"]),
        ("sqrt(2)*x", "2", ["sqrt(2)"]),
        ("abs(x-3)", "5", ["-2", "8"]),
        ("abs(abs(x)-2)", "1", ["-3", "-1", "1", "3"]),
        ("abs(x-30%)", "1/2", ["-1/5", "4/5"]),
        ("x^3 - 6*x^2 + 11*x", "6", ["1", "2", "3"]),
        ("x^2", "2", ["-sqrt(2)", "sqrt(2)"]),
        ("x^2", "-1", []),
        ("x^5 - x", "1", ["CRootOf(x**5 - x - 1, 0)"]),
        ("x^20 - x", "0", ["0", "1"]),
        ("100*(1+x/100)^2", "121", ["-210", "10"]),
        ("2^x", "8", ["3"]),
        ("2^x", "3", ["log(3)/log(2)"]),
        ("2^x", "-8", []),
        ("3^x", "1/9", ["-2"]),
        ("100*(11/10)^x", "1331/10", ["3"]),
        ("2^(x+1) - 2^x", "16", ["4"]),
        ("2^(2*x) - 2^x", "12", ["2"]),
        ("(1/2)^x", "32", ["-5"]),
    ],
)
def test_the_roots_are_exact_and_all_there_are(text, target, expected):
    assert roots(text, target) == expected


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("abs(x) - x", "0"),
        ("x - x", "0"),
        ("x^x", "4"),
        ("2^x + x", "11"),
        ("2^x + 3^x", "5"),
        ("1^x", "1"),
        ("(-2)^x", "4"),
        ("2^(x/2)", "4"),
        ("x^(1/3)", "2"),
        ("x^1000", "1"),
        ("1/0*x", "1"),
    ],
)
def test_what_has_no_sure_method_is_undecided(text, target):
    assert roots(text, target) is None


def test_the_unknown_may_have_any_name():
    for name in ("t", "e", "pi", "i", "s0", "c1"):
        assert roots(f"sqrt({name}) + {name}", "6", name) == ["4"]


def test_a_search_over_its_limit_is_undecided_and_the_next_one_works(monkeypatch):
    monkeypatch.setattr(general_solve, "SECONDS", 0.3)
    start = time.monotonic()
    terms = " + ".join(f"sqrt(x+{n})" for n in range(1, 12))
    assert roots(terms, "17/3") is None
    assert time.monotonic() - start < 2
    monkeypatch.undo()
    assert roots("sqrt(x)", "3") == ["9"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_relation_made_to_hold_at_a_value_has_that_root_and_each_rational_root_holds(data):
    """f is drawn, x0 is drawn, the target is f(x0): x0 is among the roots, whatever f is."""
    text = data.draw(
        st.recursive(
            st.sampled_from(["x", "2", "1/3", "5"]),
            lambda inner: st.one_of(
                st.builds("({}){}({})".format, inner, st.sampled_from("+-*/"), inner),
                st.builds("sqrt({})".format, inner),
                st.builds("abs({})".format, inner),
                st.builds("({})^2".format, inner),
            ),
            max_leaves=5,
        )
    )
    value = data.draw(st.integers(0, 6).map(lambda n: Fraction(n * n, 4)))
    expression = parse(text, ("x",))
    try:
        target = evaluate(expression, {"x": value})
    except ExpressionError:
        return
    found = real_roots(expression, "x", Number(target))
    if found.outcome == "undecided":
        return
    assert str(value) in found.roots
    for root in found.roots:
        if root.lstrip("-").replace("/", "").isdigit():
            assert evaluate(expression, {"x": Fraction(root)}) == target
