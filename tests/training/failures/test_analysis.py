"""The analysis as a whole: one file, the same for the same answers, with examples that nobody picked."""

from pathlib import Path

from schemas.failures import FailureAnalysis
from tests.training.failures.test_effects import run
from training.failures.analysis import FAILURES_NAME, analyse, write
from training.failures.side_by_side import EACH


def test_what_is_written_is_what_was_found_and_the_same_again(tmp_path: Path) -> None:
    analysis = analyse("new", run(1), {"old": run(2)}, 0)
    write(tmp_path, analysis)
    assert FailureAnalysis.model_validate_json((tmp_path / FAILURES_NAME).read_bytes()) == analysis
    assert [path.name for path in tmp_path.iterdir()] == [FAILURES_NAME]
    assert analyse("new", run(1), {"old": run(2)}, 0) == analysis
    assert {each.run for each in analysis.errors} == {"new", "old"}
    assert {each.other for each in analysis.effects} == {"old"}
    assert len(analysis.slices) == len(analysis.effects) > 20


def test_examples_are_of_each_outcome_and_do_not_depend_on_the_order_of_the_answers() -> None:
    this, other = run(1), run(2)
    examples = analyse("new", this, {"old": other}, 0).examples
    assert [each.chosen for each in examples] == [
        *["only new is right"] * EACH,
        *["only old is right"] * EACH,
        *["neither is right"] * EACH,
    ]
    for each in examples:
        assert [reply.run for reply in each.replies] == ["new", "old"]
        right = [reply.outcome == "equal" for reply in each.replies]
        assert right == [each.chosen == "only new is right", each.chosen == "only old is right"]
        assert [reply.error is None for reply in each.replies] == right
    turned = analyse("new", this[::-1], {"old": other[::-1]}, 0).examples
    assert [each.row_id for each in turned] == [each.row_id for each in examples]


def test_alone_there_are_examples_of_each_kind_of_error_and_no_effects() -> None:
    analysis = analyse("new", run(1), {}, 0)
    assert analysis.effects == ()
    assert analysis.others == ()
    assert {each.chosen for each in analysis.examples} == {each.error.replace("_", " ") for each in analysis.errors}
