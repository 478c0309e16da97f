"""The tree that a query becomes; what it then finds is in test_search_text.py."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.review.server.process import SITE


def loaded(path: Path) -> ModuleType:
    """A module of the server's own side that needs nothing but Python."""
    spec = importlib.util.spec_from_file_location(f"site_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


query = loaded(SITE / "argilla_embedded" / "query.py")


def written(tree: object) -> str:
    """A tree in few signs."""
    match type(tree).__name__, tree:
        case "NoneType", _:
            return "nothing"
        case "Everything", _:
            return "everything"
        case "Not", _:
            return f"not {written(tree.part)}"  # type: ignore[attr-defined]
        case ("And" | "Or") as name, _:
            return f"({f' {name.lower()} '.join(map(written, tree.parts))})"  # type: ignore[attr-defined]
        case "Words", _:
            return ",".join(tree.tokens)  # type: ignore[attr-defined]
        case "Phrase", _:
            return f'"{" ".join(tree.tokens)}"{tree.slop or ""}'  # type: ignore[attr-defined]
        case "Prefix", _:
            return f"{tree.text}*"  # type: ignore[attr-defined]
        case _:
            return f"{tree.text}~{tree.edits}"  # type: ignore[attr-defined]


def letters(text: str) -> list[str]:
    """Runs of letters and digits, in lower case: enough of an analyzer for what is about signs."""
    return "".join(sign.lower() if sign.isalnum() else " " for sign in text).split()


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", "a"),
        ("a b c", "(a and b and c)"),
        ("a | b | c", "(a or b or c)"),
        ("a b | c", "((a and b) or c)"),
        ("a | b c", "((a or b) and c)"),
        ("a | (b c)", "(a or (b and c))"),
        ("a | b + c | d", "(((a or b) and c) or d)"),
        ("(a b) c", "((a and b) and c)"),
        ("-a", "not a"),
        ("--a", "a"),
        ("---a", "not a"),
        ("a -b", "(a and not b)"),
        ("a | -b", "(a or not b)"),
        ("-(a | b) c", "(not (a or b) and c)"),
        ("- a", "a"),
        ("a-b", "a,b"),
        ("a +| b", "(a and b)"),
        ("a |+ b", "(a or b)"),
        ("+ | a", "a"),
        ("a |", "a"),
        ("a | () b", "(a and b)"),
        ('a | "" b', "(a and b)"),
        ("a | . b", "(a or b)"),
        ('"a b"', '"a b"'),
        ('"a b"~3', '"a b"3'),
        ('"a b"~', '"a b"'),
        ('"a b"~x', '"a b"'),
        ('"a b"c', '("a b" and c)'),
        ('-"a b"', 'not "a b"'),
        ('"a \\" b"', '"a b"'),
        ('"a b', "(a and b)"),
        ('a"b"', '(a and "b")'),
        ("ab*", "ab*"),
        ("AB*", "ab*"),
        ("ab\\*", "ab"),
        ("a*b", "a,b"),
        ("ab**", "ab**"),
        ("*", "everything"),
        ("* a", "a"),
        ("ab~", "ab~2"),
        ("ab~1", "ab~1"),
        ("ab~9", "ab~2"),
        ("ab~0", "ab"),
        ("ab~-1", "ab"),
        ("ab~1 c", "(ab~1 and c)"),
        ("AB~1", "ab~1"),
        ("~ab", "ab"),
        ("a\\|b", "a,b"),
        ("a\\ b", "a,b"),
        ("\\(a\\)", "a"),
        ("(a", "a"),
        ("a)", "a"),
        ("(a))b", "(a and b)"),
        ("((a)", "a"),
        (") a (", "a"),
        ("(a \\) b)", "(a and b)"),
        ("a\\", "a"),
        ("", "nothing"),
        (" \t\n", "nothing"),
        ("()", "nothing"),
        ("-", "nothing"),
        ("!", "nothing"),
    ],
)
def test_a_query_becomes_the_tree_that_lucene_makes_of_it(text: str, tree: str) -> None:
    assert written(query.parse(text, letters)) == tree


@given(st.text(alphabet='ab -+|()"~*\\\t1', max_size=60))
def test_every_text_of_signs_is_a_query_or_too_large(text: str) -> None:
    try:
        tree = query.parse(text, letters)
    except query.QueryError:
        return
    assert written(tree)


@given(st.text(max_size=60))
def test_no_text_is_wrong(text: str) -> None:
    assert written(query.parse(text, letters))


@given(st.lists(st.sampled_from(["a", "b", "-c", '"d e"', "(a | b)", "f*"]), min_size=1, max_size=8))
def test_an_and_is_the_same_written_or_not(parts: list[str]) -> None:
    assert query.parse(" ".join(parts), letters) == query.parse(" + ".join(parts), letters)


@pytest.mark.parametrize(
    "text", ["a " * 1_025, "(" * 13 + "a" + ")" * 13, "a | b + c " * 17 + "| d", '"' + "a " * 1_025 + '"']
)
def test_what_is_too_large_is_said_to_be(text: str) -> None:
    with pytest.raises(query.QueryError, match="search for less"):
        query.parse(text, letters)
