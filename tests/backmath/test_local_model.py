"""The whole path with a real model, the smallest there is: little of it is right, and nothing wrong gets by."""

import json
from pathlib import Path

import pytest

from generation.formulas.formalization import read
from generation.llm.errors import InvalidReplyError
from tests.backmath import cli
from tests.generation.made import sample
from tests.local_model import LocalModel

PROVED = "('formula_holds', 'depends_on_condition', 'two_sided', 'unique_root', 'provenance', 'steps_hold', 'no_leak')"


@pytest.fixture(scope="module")
def generated(local_model: LocalModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of a run over questions with nothing but their answers."""
    folder = tmp_path_factory.mktemp("generated")
    rows = [
        {"question": of.question, "answer": of.answer} for of in sorted(sample(), key=lambda of: len(of.question))[:3]
    ]
    (folder / "bare.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    cli.run("ingest", "records", "--path", "bare.jsonl", cwd=folder)
    asked = ("--formula", "formalize", "--model", local_model.name, "--base-url", local_model.url)
    cli.run("generate", *asked, "--wording", "declarative", "--concurrency", 2, "--max-tokens", 200, cwd=folder)
    return folder / "workspace"


def test_every_problem_ends_with_a_formula_or_a_reason(generated: Path) -> None:
    rows = cli.query(generated, "SELECT expression, reason, failed FROM latest_derivations")
    assert len(rows) == 3
    assert all(reason and not failed for _, reason, failed in rows)


def test_every_call_is_in_the_ledger_with_its_tokens(generated: Path) -> None:
    calls = cli.query(generated, "SELECT outcome, input_tokens, output_tokens, elapsed_ms, usd FROM llm_calls")
    assert len(calls) >= 3
    for outcome, input_tokens, output_tokens, elapsed_ms, usd in calls:
        assert outcome in ("answered", "truncated")
        assert min(input_tokens, output_tokens, elapsed_ms) > 0
        assert usd is None


def test_what_holds_the_schema_is_kept_as_a_sample_and_the_rest_is_rejected_with_its_reason(generated: Path) -> None:
    answers = cli.query(
        generated, "SELECT key, text, outcome FROM llm_calls WHERE purpose = 'formalize' AND text IS NOT NULL"
    )
    kept = {key for (key,) in cli.query(generated, "SELECT key FROM samples WHERE purpose = 'formalize'")}
    readable = set()
    for key, text, outcome in answers:
        try:
            read(text)
        except InvalidReplyError:
            continue
        assert outcome == "answered"
        readable.add(key)
    assert kept == readable
    without = cli.query(generated, "SELECT reason FROM latest_derivations WHERE expression IS NULL")
    assert all(reason != "the conditions give the answer" for (reason,) in without)


def test_nothing_is_accepted_that_is_not_proved(generated: Path) -> None:
    unproved = cli.query(
        generated,
        "SELECT candidate_id, check_name FROM candidate_overview JOIN check_overview USING (candidate_id) "
        f"WHERE decision = 'accept' AND check_name IN {PROVED} AND outcome <> 'pass'",
    )
    assert unproved == []


def test_the_status_says_what_it_cost(generated: Path) -> None:
    status = json.loads(cli.run("status", "--json", "--workspace", generated, cwd=generated)[0])
    (cost,) = status["costs"]
    assert (cost["model"], cost["usd"]) == ("smollm2", None)
    assert cost["calls"] == len(cli.query(generated, "SELECT 1 FROM llm_calls"))
