"""The commands of review as a user types them, against a real Argilla."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from curation.review.server import credentials, folder
from tests.backmath import cli
from tests.curation.review.answering import answer, delete_datasets, records
from tests.curation.review.running import RunningArgilla


@pytest.fixture
def reviewing(argilla: RunningArgilla, workplace: Path) -> Path:
    """A folder whose workspace has candidates and knows a running Argilla without datasets."""
    delete_datasets(argilla)
    folder.make(workplace / "workspace")
    credentials.write(workplace / "workspace", argilla.credentials)
    return workplace


def test_two_people_differ_once_and_an_adjudicator_settles_it(argilla: RunningArgilla, reviewing: Path) -> None:
    output, _ = cli.run("review", "push", "--budget", 30, "--audit", 0.1, "--reviews", 2, cwd=reviewing)
    assert "30 rows chosen: 27 doubtful, 3 accepted, as a blind audit." in output
    ann, bob = argilla.annotators
    found = records(argilla)
    differing, *agreed = found.values()
    for each in agreed:
        for by in (ann, bob):
            answer(argilla, by, each, verdict="accept")
    answer(argilla, ann, differing, verdict="accept")
    answer(argilla, bob, differing, verdict="reject", category="leak")
    output, _ = cli.run("review", "pull", cwd=reviewing)
    assert "60 submitted; 29 accepted, 1 in disagreement" in output
    assert output.rstrip().endswith("Next: backmath review adjudicate")
    output, _ = cli.run("review", "adjudicate", cwd=reviewing)
    assert "1 disagreement sent." in output
    (record,) = records(argilla, "adjudication").values()
    answer(argilla, argilla.adjudicators[0], record, verdict="reject", category="leak")
    pulled = json.loads(cli.run("review", "pull", "--json", cwd=reviewing)[0])
    assert pulled["decided"] == {"reject": 1}

    status = json.loads(cli.run("review", "status", "--json", cwd=reviewing)[0])
    assert [(row["stage"], row["sent"], row["unanswered"], row["decided"]) for row in status["stages"]] == [
        ("review", 30, 0, 30),
        ("adjudication", 1, 0, 1),
    ]
    assert {(row["reviewer"], row["answered"], row["left"]) for row in status["reviewers"]} == {
        (ann.username, 30, 0),
        (bob.username, 30, 0),
        (argilla.adjudicators[0].username, 1, 0),
    }
    assert status["precision"][0]["audited"] == 3
    agreement = json.loads(cli.run("review", "agreement", "--json", cwd=reviewing)[0])
    assert agreement["verdicts"]["overall"]["candidates"] == 30
    assert agreement["verdicts"]["overall"]["agreeing"] == pytest.approx(29 / 30)
    output, _ = cli.run("status", cwd=reviewing)
    assert "by blind audit" in output
    (key,) = records(argilla, "adjudication")
    shown, _ = cli.run("candidates", "show", key, cwd=reviewing)
    assert "by adjudicator" in shown
    said = [line.split()[2:] for line in shown.splitlines() if bob.username in line]
    assert [bob.username, "review", "reject", "·", "leak"] in said


def test_gold_questions_are_mixed_in_and_measure_the_reviewers(argilla: RunningArgilla, reviewing: Path) -> None:
    rejected = cli.query(
        reviewing / "workspace",
        "SELECT candidate_id FROM candidate_overview WHERE decision = 'reject' AND equation IS NOT NULL LIMIT 2",
    )
    lines = [json.dumps({"candidate": key[:10], "verdict": "reject"}) for (key,) in rejected]
    (reviewing / "gold.jsonl").write_text("\n".join(lines) + "\n")
    output, _ = cli.run("review", "push", "--budget", 10, "--audit", 0, "--gold", "gold.jsonl", cwd=reviewing)
    assert f"{len(lines)} with known answers" in output
    for key, record in records(argilla).items():
        if (key,) in rejected:
            answer(argilla, argilla.annotators[0], record, verdict="accept")
    cli.run("review", "pull", cwd=reviewing)
    gold = json.loads(cli.run("review", "agreement", "--json", cwd=reviewing)[0])["gold"]
    assert [(row["answers"], row["exact"]) for row in gold] == [(len(lines), 0)]
    listed = json.loads(cli.run("candidates", "list", "--limit", 999, "--json", cwd=reviewing)[0])
    assert {row["decided_by"] for row in listed if (row["candidate_id"],) in rejected} == {"policy"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line 1"),
        ('{"candidate": "zzzz", "verdict": "reject"}', "no candidate's id begins with 'zzzz'"),
        ('{"candidate": "0123", "verdict": "maybe"}', "verdict"),
    ],
)
def test_a_gold_file_that_is_wrong_names_the_line(line: str, said: str, reviewing: Path) -> None:
    (reviewing / "gold.jsonl").write_text(line)
    _, errors = cli.run("review", "push", "--gold", "gold.jsonl", "--dry-run", cwd=reviewing, code=1)
    assert said in errors
    assert errors.count("\n") == 1


def test_a_dry_run_says_what_it_buys_and_sends_nothing(argilla: RunningArgilla, reviewing: Path) -> None:
    output, _ = cli.run("review", "push", "--budget", 20, "--dry-run", cwd=reviewing)
    assert "20 rows would be sent" in output
    assert "expected error" in output
    assert cli.query(reviewing / "workspace", "SELECT count(*) FROM review_items") == [(0,)]
    assert argilla.ask("GET", "/api/v1/me/datasets", by=argilla.owner)["items"] == []


@pytest.mark.parametrize("way", ["--watch", "--webhook"])
def test_watching_takes_in_answers_as_they_come(way: str, argilla: RunningArgilla, reviewing: Path) -> None:
    from curation.review.server.process import free_port

    cli.run("review", "push", "--budget", 4, cwd=reviewing)
    how = {"--watch": "1", "--webhook": f"http://127.0.0.1:{free_port(0)}"}[way]
    process = cli.start("review", "pull", way, how, cwd=reviewing)
    try:
        assert process.stdout
        assert "until Ctrl-C" in process.stdout.readline()
        time.sleep(1.5)  # past the first pull
        answer(argilla, argilla.annotators[0], next(iter(records(argilla).values())), verdict="reject")
        assert "1 submitted; 1 rejected" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert (process.returncode, output, errors) == (0, "Stopped.\n", "")
    finally:
        process.kill()
    assert cli.query(reviewing / "workspace", "SELECT verdict FROM reviews") == [("reject",)]


def test_two_pulls_at_once_add_nothing_twice(argilla: RunningArgilla, reviewing: Path) -> None:
    cli.run("review", "push", "--budget", 8, cwd=reviewing)
    for each in records(argilla).values():
        answer(argilla, argilla.annotators[0], each, verdict="accept")
    at_once: list[subprocess.Popen[str]] = [cli.start("review", "pull", cwd=reviewing) for _ in range(2)]
    ended = [(process.communicate(timeout=60), process.returncode) for process in at_once]
    assert {code for _, code in ended} <= {0, 1}
    for (_, errors), code in ended:
        assert code == 0 or ("is running" in errors and errors.count("\n") == 1)
    assert cli.query(reviewing / "workspace", "SELECT count(*), count(DISTINCT response_id) FROM reviews") == [(8, 8)]


def test_without_an_argilla_every_command_says_what_to_do(workplace: Path) -> None:
    for command in ("push", "pull", "adjudicate"):
        _, errors = cli.run("review", command, cwd=workplace, code=1)
        assert "backmath review serve" in errors
        _, errors = cli.run("review", command, "--argilla-url", "http://127.0.0.1:1", cwd=workplace, code=1)
        assert "ARGILLA_API_KEY" in errors
        _, errors = cli.run(
            "review", command, "--argilla-url", "http://127.0.0.1:1", cwd=workplace, code=1, ARGILLA_API_KEY="key"
        )
        assert "does not answer" in errors
        assert errors.count("\n") == 1
    output, _ = cli.run("review", "status", cwd=workplace)
    assert "Nobody was asked anything yet." in output
