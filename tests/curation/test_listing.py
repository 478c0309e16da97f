"""Lists of candidates, and one of them whole."""

from itertools import pairwise
from pathlib import Path

import pytest

from curation import calls
from curation.errors import AmbiguousCandidateError, UnknownCandidateError
from curation.listing import Selection, list_candidates, show
from curation.store import Store
from tests.curation import made

PROBLEMS = [made.problem(number, "gsm8k" if number % 2 else "mawps") for number in range(1, 7)]

DERIVATIONS = [
    made.derivation(PROBLEMS[0]),
    made.derivation(PROBLEMS[1], {"provenance": "undecided"}, {"unique_root": "fail"}),
    made.derivation(PROBLEMS[2], {"unique_root": "fail", "two_sided": "fail"}),
    made.derivation(PROBLEMS[3], conditions=[0], relation=False),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = made.ingested(tmp_path_factory.mktemp("workspace"), *PROBLEMS)
    made.derived(store, *DERIVATIONS)
    return store


def test_a_selection_narrows_by_everything_it_names(store: Store) -> None:
    every = list_candidates(store, Selection())
    assert [row.candidate_id for row in every] == [
        candidate.id for derivation in DERIVATIONS for candidate in derivation.candidates
    ]
    assert list_candidates(store, Selection(limit=3)) == every[:3]
    assert list_candidates(store, Selection(decision="review")) == [row for row in every if row.decision == "review"]
    assert list_candidates(store, Selection(source="mawps")) == [row for row in every if row.source == "mawps"]
    assert list_candidates(store, Selection(formula="formalize")) == []
    failed = list_candidates(store, Selection(failed="unique_root"))
    assert failed == [every[3], every[4]]
    both = Selection(failed="unique_root", source="gsm8k", decision="reject", formula="trace")
    assert list_candidates(store, both) == [every[4]]


@pytest.mark.parametrize("value", ["' OR 1=1 --", "gsm8k'; DROP TABLE problems; --", "%", "\x00"])
def test_a_value_is_never_read_as_sql(value: str, store: Store) -> None:
    assert list_candidates(store, Selection(source=value)) == []
    with pytest.raises(UnknownCandidateError):
        show(store, value)
    assert len(list_candidates(store, Selection())) == 7


def test_a_shown_candidate_is_the_one_that_was_written(store: Store) -> None:
    for problem, derivation in zip(PROBLEMS, DERIVATIONS, strict=False):
        for candidate in derivation.candidates:
            shown = show(store, candidate.id)
            assert shown.candidate == candidate
            assert shown.candidate.id == candidate.id
            assert shown.problem == problem
            assert shown.formula == derivation.formula
            assert shown.holds == shown.decisions[-1]
            assert not shown.superseded


def test_the_start_of_an_id_is_enough_where_it_is_the_only_one(tmp_path: Path) -> None:
    problems = [made.problem(number) for number in range(9)]
    store = made.ingested(tmp_path, *problems)
    made.derived(store, *(made.derivation(problem) for problem in problems))
    ids = sorted(row.candidate_id for row in list_candidates(store, Selection()))
    shared = next(a[0] for a, b in pairwise(ids) if a[0] == b[0])  # there are 18 ids and 16 digits
    with pytest.raises(AmbiguousCandidateError, match=f"begin with '{shared}': {shared}") as caught:
        show(store, shared)
    assert "\n" not in str(caught.value)
    for full in ids:
        only = next(
            full[:length] for length in range(1, 17) if sum(each.startswith(full[:length]) for each in ids) == 1
        )
        assert show(store, only).candidate_id == full


@pytest.mark.parametrize("start", ["zzz", "", "f" * 40])
def test_an_unknown_id_names_itself_and_the_list(start: str, store: Store) -> None:
    with pytest.raises(UnknownCandidateError, match=f"'{start}'.*candidates list"):
        show(store, start)


def test_a_superseded_candidate_says_so(tmp_path: Path) -> None:
    store = made.ingested(tmp_path, PROBLEMS[0])
    old = made.derivation(PROBLEMS[0], conditions=[0])
    made.derived(store, old, fingerprint="f1")
    made.derived(store, made.derivation(PROBLEMS[0], conditions=[0], question="Anew: what is x?"), fingerprint="f2")
    assert show(store, old.candidates[0].id).superseded


def test_a_candidate_shows_the_calls_that_what_is_known_of_it_came_from(tmp_path: Path) -> None:
    of, other = made.problem(48), made.problem(50)
    store = made.ingested(tmp_path, of, other)
    sample, unrelated = made.sample(of, "48/2 = 24"), made.sample(other, "50/2 = 25")
    derivation = made.derivation(of, {}, conditions=[0], samples=[sample])
    run = made.derived(store, derivation, made.derivation(other, {}, samples=[unrelated]))
    with store.connect() as connection:
        calls.add(connection, run.run_id, [made.call(1, key=sample.key), made.call(2, key=unrelated.key)])
    shown = show(store, derivation.candidates[0].id)
    assert [call.call_id for call in shown.calls] == [made.call(1).call_id]
    assert shown.calls[0].usd == 0.5
