"""The check `backprm`: outcomes by stated thresholds, added to what is there, kept when stopped, done once a model."""

import math
import shutil
from pathlib import Path
from typing import Any

import pytest

from backmath.app import main
from curation import backprm
from curation.store import Store
from training import backprm_check, stages
from training.process_reward.scoring import CONFIG_NAME
from training.watch import Unwatched

QUICK = {"max_steps": 2, "batch_size": 2, "max_length": 400, "eval_rows": 0}


@pytest.fixture(scope="module")
def model(released: Path, base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BackPRM that knows next to nothing."""
    workspace = Path(shutil.copytree(released, tmp_path_factory.mktemp("scorer") / "workspace"))
    return str(stages.train(workspace, "backprm", watch=Unwatched(), base=base, flags=QUICK).model_folder)


@pytest.fixture
def store(released: Path, tmp_path: Path) -> Store:
    (tmp_path / "workspace").mkdir()
    shutil.copyfile(Store(released).path, tmp_path / "workspace" / Store(released).path.name)
    return Store(tmp_path / "workspace")


def query(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.connect(read_only=True) as connection:
        return connection.execute(sql).fetchall()


def score(store: Store, model: str, watch: Any = None, decision: Any = None) -> int:
    scorer = backprm_check.load(model)
    told = backprm_check.fingerprint(model)
    return backprm_check.score(store, "run", scorer, told, decision, watch or Unwatched()).total()


OF_ALL = "SELECT count(*) FROM candidate_overview WHERE equation IS NOT NULL"


class StopsBehindOnePage(Unwatched):
    def __init__(self) -> None:
        self.done = 0

    def step(self, done: int, total: int, metrics: object) -> None:
        self.done = done

    def stopping(self) -> bool:
        return self.done > 0


@pytest.mark.parametrize(
    ("scores", "outcome", "reason"),
    [
        ([0.9, 0.5], "pass", "question 0.90, lowest step 0.50 (step 1 of 1); BackPRM abc"),
        ([0.9], "pass", "question 0.90; BackPRM abc"),
        ([0.9, 0.8, 0.49], "undecided", "question 0.90, lowest step 0.49 (step 2 of 2); BackPRM abc"),
        ([0.2, 0.9], "undecided", "question 0.20, lowest step 0.90 (step 1 of 1); BackPRM abc"),
        ([0.19, 0.9], "fail", "question 0.19, lowest step 0.90 (step 1 of 1); BackPRM abc"),
        (
            [0.9, 0.9, math.nan],
            "undecided",
            "question 0.90, lowest step 0.90 (step 1 of 2), 1 steps too far behind to be read; BackPRM abc",
        ),
        ([0.9, 0.1, math.nan], "fail", None),
        ([math.nan, math.nan], "undecided", "too long for the model to read; BackPRM abc"),
    ],
)
def test_the_lowest_score_decides_and_what_was_not_read_never_passes(
    scores: list[float], outcome: str, reason: str | None
) -> None:
    found = backprm_check.check(scores, "abc", 1.5)
    assert found.outcome == outcome
    assert reason is None or found.reason == reason
    assert found.elapsed_ms == 1.5


def test_each_candidate_is_scored_once_a_model_and_nothing_is_lost(store: Store, model: str, tmp_path: Path) -> None:
    before = query(store, "SELECT count(*) FROM checks")[0][0]
    wanted = query(store, f"{OF_ALL} AND decision = 'review'")[0][0]
    assert score(store, model, decision="review") == wanted > 0
    assert query(store, "SELECT count(*) FROM checks") == [(before + wanted,)]
    assert score(store, model, decision="review") == 0
    other = Path(shutil.copytree(model, tmp_path / "other"))
    config = other / CONFIG_NAME
    config.write_text(config.read_text().replace("400", "399"))
    assert score(store, str(other), decision="review") == wanted
    models = dict(query(store, "SELECT model, count(*) FROM backprm_scores GROUP BY ALL"))
    assert models == dict.fromkeys((backprm_check.fingerprint(model), backprm_check.fingerprint(str(other))), wanted)
    assert score(store, model, decision="review") == wanted  # the other's scores hold now


def test_the_numbers_are_those_of_the_scorer_on_the_candidate_alone(store: Store, model: str) -> None:
    score(store, model, decision="review")
    stored = dict(query(store, "SELECT candidate_id, scores FROM backprm_scores ORDER BY candidate_id LIMIT 5"))
    with store.connect(read_only=True) as connection:
        read = backprm.read(connection, stored)
    scorer = backprm_check.load(model)
    for key, (prompt, steps) in read.items():
        assert stored[key] == pytest.approx(scorer.score([prompt], [steps])[0], abs=1e-5)


def test_stopped_it_keeps_its_pages_and_the_same_call_goes_on(
    store: Store, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backprm_check, "_PAGE", 5)
    assert score(store, model, StopsBehindOnePage(), "review") == 5
    assert query(store, "SELECT count(*) FROM backprm_scores") == [(5,)]
    assert score(store, model, decision="review") == query(store, f"{OF_ALL} AND decision = 'review'")[0][0] - 5 > 0
    assert query(store, "SELECT max(n) FROM (SELECT count(*) AS n FROM backprm_scores GROUP BY candidate_id)") == [(1,)]


def test_those_in_review_come_first_and_a_choice_is_kept_to(store: Store, model: str) -> None:
    with store.connect() as connection:
        waiting = backprm.waiting(connection, "none")
        in_review = backprm.waiting(connection, "none", "review")
    assert in_review
    assert waiting[: len(in_review)] == in_review
    assert score(store, model, decision="review") == len(in_review)
    assert {key for (key,) in query(store, "SELECT candidate_id FROM backprm_scores")} == set(in_review)


def test_triage_scores_all_with_an_equation_and_decides_by_what_the_policy_makes_of_it(
    store: Store, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = tmp_path / "strict.toml"
    strict.write_text('version = "strict"\n[checks]\nbackprm = { fail = "reject", undecided = "review" }\n')
    assert main(["triage", "--backprm", model, "--policy", str(strict), "--workspace", str(store.folder)]) == 0
    shown = capsys.readouterr().out
    of_all = query(store, OF_ALL)[0][0]
    assert f"{of_all} candidates scored by BackPRM {backprm_check.fingerprint(model)}" in shown
    accepted = query(
        store,
        "SELECT count(*) FROM candidate_overview JOIN check_overview USING (candidate_id) "
        "WHERE decision = 'accept' AND check_name = 'backprm' AND outcome <> 'pass'",
    )
    assert accepted == [(0,)]
    assert query(store, "SELECT status FROM runs WHERE command = 'triage'") == [("done",)]


@pytest.mark.parametrize("what", ["a PRM", "no model", "a decision alone"])
def test_what_it_cannot_score_with_is_one_line_and_changes_nothing(
    what: str, store: Store, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"a PRM": tmp_path / "prm", "no model": tmp_path / "none", "a decision alone": None}[what]
    if what == "a PRM":
        config = Path(shutil.copytree(model, tmp_path / "prm")) / CONFIG_NAME
        config.write_text(config.read_text().replace("backprm", "prm"))
    options = ["--backprm", str(given)] if given else ["--decision", "review"]
    assert main(["triage", *options, "--workspace", str(store.folder)]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("backmath: ")
    assert errors.count("\n") == 1
    assert "Next: " in errors
    assert query(store, "SELECT count(*) FROM backprm_scores") == [(0,)]
