"""What a budget buys, as a person reads it: the sentence, the table, and what it all rests on."""

from pathlib import Path

import pytest

from backmath.review.budget import print_budget
from backmath.terminal import console
from curation.review.budget import budget, order
from curation.review.probability import estimate
from tests.curation import made
from tests.curation.review import reviewed


@pytest.mark.parametrize("labelled", [0, 250])
def test_it_says_what_the_rows_buy_and_how_sure_that_is(
    labelled: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, right, _ = reviewed.truths(tmp_path, 200, 1)
    reviewed.write(store, answers=reviewed.verdicts_of(right, list(right)[:labelled]))
    waiting = made.query(store, "SELECT candidate_id FROM candidate_overview WHERE decision = 'review'")
    with store.connect(read_only=True) as connection:
        estimates = estimate(connection, right)
        queue = order(connection, estimates, [key for (key,) in waiting])
        bought = budget(connection, estimates, queue, 70)
    print_budget(console(), estimates, bought, 70)
    text = " ".join(capsys.readouterr().out.split())
    for row in bought:
        assert f"{row.rows} {row.accepted:.0f} {row.error:.1%} {row.missed:.0f}" in text
    (these,) = [row for row in bought if row.rows == 70]
    assert these.error < bought[0].error
    lowers = f"from {bought[0].error:.1%} to {these.error:.1%}."
    assert f"Reviewing 70 rows lowers the expected error of the accepted set {lowers}" in text
    guess = "A guess from the checks alone: a model takes 100 candidates whose verdict is known, there are 0."
    assert (guess in text) == (labelled == 0)
    assert ("Learnt from 250 verdicts." in text) == (labelled == 250)
