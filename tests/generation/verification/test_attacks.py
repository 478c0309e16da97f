"""Hostile text does nothing but be refused, within its limit, and leaves everything working."""

import time
from contextlib import suppress

import pytest

from generation.verification.equivalence import SECONDS, equivalent
from generation.verification.expression import ExpressionError, evaluate, parse, plain
from tests.generation.verification.attacks import ATTACKS


@pytest.fixture(scope="module", autouse=True)
def empty_folder(tmp_path_factory):
    """The tests run in an empty folder, started before the worker, and leave it empty."""
    folder = tmp_path_factory.mktemp("attacked")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert equivalent(r"\sqrt{8}", r"2\sqrt{2}").outcome == "equal"  # the worker is up
        yield
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack)[:40])
def test_an_attack_is_never_equal_to_a_number_and_is_told_in_time(attack):
    start = time.monotonic()
    verdicts = [equivalent("1/2", attack), equivalent(attack, "1/2"), equivalent(attack, attack)]
    assert [verdict.outcome for verdict in verdicts[:2]] in (
        ["undecided"] * 2,
        ["unequal"] * 2,
        ["undecided", "unequal"],
    )
    assert all(verdict.reason for verdict in verdicts)
    assert time.monotonic() - start < SECONDS
    assert equivalent("1/2", "0.5").outcome == "equal"


def test_after_all_attacks_the_worker_still_answers():
    assert equivalent(r"\frac{1}{\sqrt{2}}", r"\frac{\sqrt{2}}{2}").outcome == "equal"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack)[:40])
def test_the_parser_refuses_an_attack_or_reads_plain_arithmetic(attack):
    start = time.monotonic()
    with suppress(ExpressionError):
        expression = parse(attack, ("x",))
        plain(expression)
        evaluate(expression)
    assert time.monotonic() - start < 0.5
