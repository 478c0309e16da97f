"""Process rows: every source gives the labels that it can answer for, and no other."""

from datetime import UTC, datetime
from fractions import Fraction

from curation.process_labels import questions
from curation.process_labels.corruptions.corruption import chance
from curation.process_labels.lines import read_lines
from curation.process_labels.rows import Judged, process_rows
from generation.derive import derive
from generation.verification.expression import evaluate, parse
from schemas.candidate import BackwardProblem
from schemas.check import Check
from schemas.decision import DecidedBy, Verdict
from schemas.derivation import Derivation
from schemas.problem import Problem
from schemas.published import ProcessRow
from schemas.review import ErrorCategory, Review, ReviewStage, ReviewVerdict
from schemas.sample import Sample
from schemas.step import Step
from tests.generation.made import problem

CLIPS = problem(
    "Natalia sold clips to 48 of her friends in April, and then she sold 24 clips in May. "
    "Each clip costs $3. How much did Natalia earn altogether?",
    "Natalia kept a list.",
    "She sold 48+24 = <<48+24=72>>72 clips.",
    "She earned 72*3 = $<<72*3=216>>216.",
    answer="216",
)


def derived(of: Problem = CLIPS) -> tuple[Derivation, BackwardProblem]:
    found = derive(of)
    return found, found.candidates[0]


def rows(
    verdict: Verdict = "accept",
    *reviews: Review,
    candidate: BackwardProblem | None = None,
    by: DecidedBy = "policy",
    samples: tuple[Sample, ...] = (),
) -> list[tuple[str, ProcessRow]]:
    found, first = derived()
    judged = [Judged(candidate or first, verdict, by, reviews)]
    return list(process_rows(CLIPS, found.conditions, found.formula, judged, samples))


def review(
    verdict: ReviewVerdict,
    *wrong: int,
    category: ErrorCategory | None = None,
    reviewer: str = "ann",
    stage: ReviewStage = "review",
    unusable: str = "",
) -> Review:
    _, candidate = derived()
    return Review(
        response_id=f"{reviewer} {stage}",
        candidate_id=candidate.id,
        stage=stage,
        reviewer=reviewer,
        event="submitted",
        verdict=verdict,
        category=category,
        corrected_question=None,
        corrected_answer=None,
        wrong_steps=wrong,
        comment=None,
        raw="{}",
        unusable=unusable,
        answered_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def human(*reviews: Review, verdict: Verdict = "reject") -> list[ProcessRow]:
    return [row for _, row in rows(verdict, *reviews, by="reviewer") if row.label_source == "human"]


def sample(*texts: tuple[str, str | None], broken: int | None, of: BackwardProblem | None) -> Sample:
    return Sample(
        problem_id=CLIPS.id,
        candidate_id=of.id if of else None,
        purpose="solve" if of else "formalize",
        model="m",
        key="k",
        steps=tuple(Step(text=text, equation=equation) for text, equation in texts),
        outcome="fail",
        broken_step=broken,
        reason="wrong",
    )


def test_lines_are_proved_where_they_calculate_and_annotations_are_gone() -> None:
    config, row = rows()[0]
    assert (config, row.label_source) == ("prm", "sympy")
    assert row.labels == (None, 1, 1)
    assert row.completions[1] == "She sold 48+24 = 72 clips."


def test_a_false_a_rounded_and_an_unread_equality_prove_nothing() -> None:
    of = problem("?", "48+24 = 73 clips", "100/3 = 33.33", "a cost = 5", "4*5 = <<4*5=21>>20", answer="1")
    assert [line.proved for line in read_lines(of)] == [False, False, False, False]


def test_a_formula_that_does_not_hold_gives_no_forward_row() -> None:
    found, candidate = derived()
    made = process_rows(CLIPS, found.conditions, None, [Judged(candidate, "accept")])
    assert {config for config, _ in made} == {"backprm"}


def test_an_accepted_candidate_is_right_from_its_question_on() -> None:
    _, candidate = derived()
    (row,) = [row for config, row in rows() if config == "backprm" and row.label_source == "sympy"]
    assert row.completions == (candidate.question, *(step.text for step in candidate.solution))
    assert set(row.labels) == {1}
    assert row.prompt == CLIPS.question


def test_labels_stop_at_the_error() -> None:
    corrupted = [row for _, row in rows() if row.label_source == "corruption" and len(row.labels) > 1]
    assert len(corrupted) == 2
    for row in corrupted:
        assert len(row.labels) == len(row.completions)
        assert row.labels.count(0) == 1
        wrong = row.labels.index(0)
        assert set(row.labels[wrong + 1 :]) <= {None}


def test_the_rows_are_the_same_each_time() -> None:
    assert rows() == rows()


def test_a_candidate_in_review_gives_nothing() -> None:
    assert not [row for config, row in rows("review") if config == "backprm"]


def test_rejected_for_an_irrelevant_condition_is_a_bad_question() -> None:
    _, candidate = derived()
    check = Check(name="depends_on_condition", outcome="fail", reason="", elapsed_ms=0)
    irrelevant = candidate.model_copy(update={"checks": (check,)})
    ((_, row),) = [each for each in rows("reject", candidate=irrelevant) if each[0] == "backprm"]
    assert (row.completions, row.labels) == ((candidate.question,), (0,))


def test_questions_made_bad_are_bad_by_proof() -> None:
    found, candidate = derived()
    assert found.formula is not None
    assert candidate.relation is not None
    seen = {}
    for seed in range(60):
        made = questions.spoiled(CLIPS, found.conditions, found.formula, candidate, chance(str(seed)))
        assert made is not None
        kind, text = made
        seen[kind] = text
        assert text != candidate.question
        if kind == "leak":
            assert "48" in text
        elif kind == "ill_posed":
            assert "some" in text
            assert " 24 " not in text or "$3" not in text
        else:
            stated = Fraction(text.rpartition(" is ")[0].rpartition(" is ")[2].partition(",")[0])
            expression = parse(candidate.relation.expression, (candidate.relation.unknown,))
            assert evaluate(expression, {candidate.relation.unknown: Fraction(48)}) != stated
    assert set(seen) == set(questions.KINDS)


def test_a_reviewer_marks_the_first_wrong_step() -> None:
    _, candidate = derived()
    (row,) = human(review("reject", 2, 4, category="wrong_step"))
    assert row.labels == (1, 1, 1, 0, *(None,) * (len(candidate.solution) - 3))
    (row,) = human(review("correct", 1, category="wrong_answer"))
    assert row.labels[:3] == (None, 1, 0)


def test_a_bad_question_leaves_its_steps_open() -> None:
    (row,) = human(review("reject", 1, category="ill_posed"))
    assert row.labels[0] == 0
    assert set(row.labels[1:]) == {None}


def test_marks_that_do_not_stand_are_no_labels() -> None:
    assert not human(review("reject", 1, category="wrong_step"), verdict="accept")
    assert not human(review("reject", 1, category="wrong_step", unusable="no category"))
    assert not human(review("accept"))
    assert not human(review("reject", 99, category="wrong_step"))
    assert not human(review("reject", 1, reviewer="ann"), review("reject", 2, reviewer="bob"))


def test_an_adjudicator_goes_before_reviewers() -> None:
    reviewers = [review("reject", 1, category="wrong_step", reviewer=name) for name in ("ann", "bob")]
    (row,) = human(*reviewers, review("reject", 3, category="wrong_step", reviewer="eve", stage="adjudication"))
    assert row.labels.index(0) == 4


def test_the_broken_step_of_a_sample_is_wrong_and_only_agreeing_ones_before_it_are_right() -> None:
    _, candidate = derived()
    answer = sample(
        ("216/3 = 72", "216/3 = 72"),
        ("72*5 = 360", "72*5 = 360"),
        ("72 - 24 = 58", "72 - 24 = 58"),
        ("x = 58", "x = 58"),
        broken=2,
        of=candidate,
    )
    (row,) = [row for config, row in rows(samples=(answer,)) if "72 - 24 = 58" in row.completions]
    assert row.labels == (1, 1, None, 0, None)  # 360 is true, and no value of the solution


def test_a_wrong_formula_is_a_wrong_forward_solution() -> None:
    wrong = sample(("48+24 = 72", "48+24 = 72"), ("72/3 = 24", "72/3 = 24"), broken=1, of=None)
    config, row = next(each for each in rows(samples=(wrong,)) if "72/3 = 24" in each[1].completions)
    assert (config, row.labels) == ("prm", (1, 0))
    unknown = sample(("48+24 = 72", "48+24 = 72"), broken=None, of=None)
    assert len(rows(samples=(unknown,))) == len(rows())


def test_hostile_texts_raise_nothing() -> None:
    hostile = problem("1" * 400 + " = <<=>> ${x}", "=" * 500, "<<1/0=1>>1", "9" * 60 + "+1=2", answer="\\frac12")
    found = derive(hostile)
    assert list(process_rows(hostile, found.conditions, found.formula, [])) == []
