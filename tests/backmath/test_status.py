"""`backmath status`: what was spent, what models wrote, and what failed, as a person reads it."""

import json
from pathlib import Path

import pytest

from backmath.app import main
from curation import calls, decisions
from curation.store import Store
from schemas.decision import Decision
from tests.curation import made
from tests.curation.review import reviewed


def test_it_shows_costs_samples_and_what_to_type_where_problems_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [made.problem(number) for number in range(3)]
    store = made.ingested(tmp_path, *rows)
    run = made.begin(store)
    with store.connect() as connection:
        unpriced = made.call(3).model_copy(update={"usd": None})
        free = made.call(5).model_copy(update={"usd": None, "model": "local"})
        calls.add(connection, run.run_id, [made.call(1), made.call(2, "timeout"), unpriced, free])
    written = made.sample(rows[0], "1 + 1 = 2")
    made.derived(
        store,
        made.derivation(rows[0], conditions=[], samples=[written]),
        made.failure(rows[1]),
        made.failure(rows[2]),
    )
    assert main(["status", "--workspace", str(tmp_path)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "2 problems failed for want of a model's answer",
        "made 3 1 200 40 0.50 or more 2",
        "1 of 3 calls of made have no known price",
        "local 1 0 100 20 unknown 0",
        "formalize 1 1 0 0",
        "2 problems failed for want of an answer: rate limited: 429 five times",
    ):
        assert line in lines, "\n".join(lines)
    assert f"backmath generate --workspace {tmp_path}" in lines
    assert main(["status", "--json", "--workspace", str(tmp_path)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(cost["model"], cost["failed"], cost["unpriced"]) for cost in shown["costs"]] == [
        ("local", 0, 1),
        ("made", 1, 1),
    ]
    assert shown["failed"][0]["problems"] == 2
    assert shown["samples"][0]["passed"] == 1
    assert shown["runs"][-1]["counts"]["calls"] == 4


def test_it_shows_the_precision_that_audits_found_and_what_waits_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = reviewed.candidates(tmp_path, 40)
    more = reviewed.candidates(tmp_path, 5, source="math")
    store = Store(tmp_path)
    answers = [reviewed.answer(key, "ann", "reject" if key == keys[0] else "accept") for key in keys[:30]]
    answers += [reviewed.answer(key, "ann", "accept") for key in more]
    reviewed.write(store, [reviewed.item(key, "audit") for key in (*keys[:30], *more)], answers)
    held = "audit: audits do not show yet that 97% of gsm8k trace are right"
    waiting = [
        Decision(candidate_id=key, verdict="review", reasons=(held,), policy="p", decided_by="policy")
        for key in keys[30:33]
    ]
    with store.connect() as connection:
        decisions.append(connection, waiting)
    assert main(["status", "--workspace", str(tmp_path)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "3 candidates wait for audits to show what the policy demands",
        "gsm8k trace 30 29 96.7% 83.3% to 99.4%",
        "math trace 5 5 100.0% 56.6% to 100.0%",
        "all all 35 34 97.1% 85.5% to 99.5%",
        "3 ? review audit audits do not show yet that such are right",
    ):
        assert line in lines, "\n".join(lines)
    assert not any("wait for people" in line for line in lines[:5])
    assert main(["status", "--json", "--workspace", str(tmp_path)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["held"], shown["queue"]) == (3, 0)
    assert [(row["source"], row["right"]) for row in shown["precision"]] == [("gsm8k", 29), ("math", 5)]
    assert shown["precision_in_all"]["audited"] == 35
