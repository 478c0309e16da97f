"""Audits: the precision that they show, and the gate of a policy that demands one."""

import asyncio
import re
from pathlib import Path

import pytest

from curation import policy
from curation.derivations import StoreSink
from curation.policy import Policy
from curation.review.audit import precisions
from curation.review.interval import wilson
from curation.review.precision import in_all
from curation.status import status
from curation.store import Store
from curation.triage import Triaged, decide_again
from schemas.formula import FormulaKind
from schemas.review import ReviewVerdict
from tests.curation import made
from tests.curation.review import reviewed

DEMANDED = 0.9


def demanding(folder: Path, precision: float = DEMANDED) -> Policy:
    file = folder / "demanding.toml"
    file.write_text(f'version = "demanding-1"\nprecision_at_least = {precision}\n')
    return policy.load(file)


def generate(
    store: Store, rules: Policy, numbers: range, *, source: str = "gsm8k", kind: FormulaKind = "trace"
) -> StoreSink:
    """Derive from problems of these numbers as `generate` does, by the policy; both conditions' candidates pass."""
    rows = [made.problem(number, source) for number in numbers]
    run = made.begin(store)
    sink = StoreSink(store, run, "fobar", rules)
    asyncio.run(sink.write([made.derivation(of, kind=kind) for of in rows]))
    return sink


def stocked(folder: Path, rules: Policy, source: str = "gsm8k", kind: FormulaKind = "trace") -> tuple[Store, StoreSink]:
    store = made.ingested(folder, *(made.problem(number, source) for number in range(100)))
    return store, generate(store, rules, range(50), source=source, kind=kind)


def audited(store: Store, right: int, wrong: int, *, source: str = "gsm8k", verdict: ReviewVerdict = "reject") -> None:
    """People find so many of the candidates of the source right and wrong that were not asked about before."""
    keys = made.query(
        store,
        "SELECT candidate_id FROM candidate_overview WHERE source = ? "
        "AND candidate_id NOT IN (SELECT candidate_id FROM review_items) ORDER BY 1 LIMIT ?",
        source,
        right + wrong,
    )
    said = [*["accept"] * right, *[verdict] * wrong]
    reviewed.write(
        store,
        [reviewed.item(key, "audit") for (key,) in keys],
        [reviewed.answer(key, "ann", one) for (key,), one in zip(keys, said, strict=True)],  # type: ignore[arg-type]
    )


def decided(store: Store) -> dict[str, int]:
    return dict(made.query(store, "SELECT decision, count(*) FROM candidate_overview GROUP BY ALL"))


def test_the_precision_is_that_of_audits_by_source_and_kind_with_wilsons_interval(tmp_path: Path) -> None:
    store, _ = stocked(tmp_path, policy.load())
    made.ingested(tmp_path, *(made.problem(number, "math") for number in range(20)))
    generate(store, policy.load(), range(20), source="math")
    audited(store, 28, 2)
    audited(store, 9, 1, source="math", verdict="correct")  # as it stands, it was wrong
    audited(store, 0, 3, verdict="unsure")
    with store.connect(read_only=True) as connection:
        found = precisions(connection)
    assert [(one.source, one.formula, one.audited, one.right) for one in found] == [
        ("gsm8k", "trace", 30, 28),
        ("math", "trace", 10, 9),
    ]
    assert (found[0].low, found[0].high) == wilson(28, 30)
    whole = in_all(found)
    assert (whole.audited, whole.right, whole.share, whole.low) == (40, 37, 37 / 40, wilson(37, 40)[0])
    now = status(store)
    assert (now.precision, now.precision_in_all, now.held) == (found, whole, 0)


def test_doubts_and_gold_questions_are_no_audit(tmp_path: Path) -> None:
    store, _ = stocked(tmp_path, policy.load())
    keys = [key for (key,) in made.query(store, "SELECT candidate_id FROM candidate_overview ORDER BY 1 LIMIT 2")]
    reviewed.write(
        store,
        [reviewed.item(keys[0]), reviewed.item(keys[1], "gold", gold="reject")],
        [reviewed.answer(key, "ann", "reject") for key in keys],
    )
    assert status(store).precision == ()


def test_what_the_policy_accepts_no_more_is_no_audit_of_it(tmp_path: Path) -> None:
    store, _ = stocked(tmp_path, policy.load())
    audited(store, 9, 1)
    (wrong,) = made.query(store, "SELECT candidate_id FROM reviews WHERE verdict = 'reject'")[0]
    with store.connect() as connection:
        connection.execute("INSERT INTO checks VALUES (?, 'no_leak', 'fail', 'found later', 1, 'later', NULL)", [wrong])
    decide_again(store, policy.load())
    assert [(one.audited, one.right) for one in status(store).precision] == [(9, 9)]


def test_generate_holds_back_until_audits_show_the_precision(tmp_path: Path) -> None:
    rules = demanding(tmp_path)
    store, sink = stocked(tmp_path, rules)
    assert sink.verdicts == {"review": 100}
    (reasons,) = {tuple(reasons) for (reasons,) in made.query(store, "SELECT reasons FROM candidate_overview")}
    assert reasons == ("audit: audits do not show yet that 90% of gsm8k trace are right",)
    assert (status(store).held, status(store).queue) == (100, 0)
    audited(store, 34, 0)  # 0.898: not yet
    assert generate(store, rules, range(50, 60)).verdicts == {"review": 20}
    audited(store, 1, 0)  # 0.901
    assert generate(store, rules, range(60, 70)).verdicts == {"accept": 20}
    audited(store, 0, 2)
    assert generate(store, rules, range(70, 80)).verdicts == {"review": 20}
    assert decided(store) == {"accept": 20, "review": 140}


def test_triage_accepts_what_was_held_once_the_precision_holds(tmp_path: Path) -> None:
    rules = demanding(tmp_path)
    store, _ = stocked(tmp_path, rules)
    audited(store, 34, 0)
    assert decide_again(store, rules) == Triaged(candidates=100, unchanged=100, moved={}, reworded=0, of_people=0)
    audited(store, 1, 0)
    assert decide_again(store, rules).moved == {"review to accept": 100}
    assert status(store).held == 0


def test_what_was_accepted_stays_so_when_the_gate_closes(tmp_path: Path) -> None:
    store, sink = stocked(tmp_path, policy.load())
    assert sink.verdicts == {"accept": 100}
    audited(store, 20, 20)
    assert decide_again(store, demanding(tmp_path)).moved == {}
    assert generate(store, demanding(tmp_path), range(40, 60)).verdicts == {"accept": 20, "review": 20}
    assert decided(store) == {"accept": 100, "review": 20}


def test_sources_and_kinds_of_formula_are_held_back_apart(tmp_path: Path) -> None:
    rules = demanding(tmp_path)
    store, _ = stocked(tmp_path, rules)
    made.ingested(tmp_path, *(made.problem(number, "math") for number in range(50)))
    generate(store, rules, range(50), source="math")
    audited(store, 40, 0)
    decide_again(store, rules)
    by_source = made.query(store, "SELECT source, decision, count(*) FROM candidate_overview GROUP BY ALL ORDER BY ALL")
    assert by_source == [("gsm8k", "accept", 100), ("math", "review", 100)]
    assert generate(store, rules, range(60, 70), kind="formalize").verdicts == {"review": 20}


def test_what_comparing_formulas_decides_is_held_back_too(tmp_path: Path) -> None:
    rules = demanding(tmp_path)
    store = made.ingested(tmp_path, made.problem(1))
    generate(store, rules, range(1, 2))
    sink = generate(store, rules, range(1, 2), kind="formalize")
    assert sink.verdicts == {"review": 2}
    agreed = made.query(store, "SELECT DISTINCT outcome FROM check_overview WHERE check_name = 'agreement'")
    assert agreed == [("pass",)]
    assert decided(store) == {"review": 4}


def test_a_doubt_comes_before_the_gate(tmp_path: Path) -> None:
    rules = demanding(tmp_path)
    rows = [made.problem(number) for number in range(2)]
    store = made.ingested(tmp_path, *rows)
    run = made.begin(store)
    doubts: list[made.Outcomes] = [{"provenance": "undecided"}, {"steps_hold": "fail"}]
    asyncio.run(StoreSink(store, run, "fobar", rules).write([made.derivation(rows[0], *doubts)]))
    reasons = made.query(store, "SELECT decision, reasons[1] FROM candidate_overview ORDER BY 1")
    assert reasons == [("reject", "steps_hold: came out fail"), ("review", "provenance: came out undecided")]


def test_the_precision_is_that_of_what_this_policys_checks_accept(tmp_path: Path) -> None:
    store, _ = stocked(tmp_path, policy.load())
    audited(store, 40, 20)
    wrong = [key for (key,) in made.query(store, "SELECT candidate_id FROM reviews WHERE verdict = 'reject'")]
    with store.connect() as connection:
        for key in wrong:
            connection.execute("INSERT INTO checks VALUES (?, 'judge', 'fail', 'trivial', 1, 'later', NULL)", [key])
    assert generate(store, demanding(tmp_path), range(60, 62)).verdicts == {"accept": 4}


def test_the_gate_is_off_by_default_and_part_of_the_policys_version(tmp_path: Path) -> None:
    assert policy.load().precision_at_least == 0
    versions = {demanding(tmp_path, precision).full_version for precision in (0.9, 0.95)}
    assert len(versions) == 2


@pytest.mark.parametrize("demanded", ["1.0", "-0.1", '"high"'])
def test_a_precision_that_no_sample_can_show_is_refused(demanded: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'version = "v"\nprecision_at_least = {demanded}\n')
    with pytest.raises(policy.PolicyError, match="precision_at_least"):
        policy.load(file)


def test_as_many_audits_show_a_precision_as_the_page_about_it_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "review-quality.md").read_text()
    table = re.findall(r"^\| (\d+)% \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    assert len(table) == 5
    for percent, *figures in table:
        demanded = int(percent) / 100
        for wrong, rows in enumerate(map(int, figures)):
            assert wilson(rows - wrong, rows)[0] >= demanded > wilson(rows - 1 - wrong, rows - 1)[0]
