"""What a release left out is listed with both texts, so that a person can look."""

import json
from pathlib import Path

from tests.backmath import cli


def test_what_overlaps_is_listed_beside_the_evaluation_question(workplace: Path) -> None:
    questions = [json.loads(line)["question"] for line in cli.SAMPLE.read_text().splitlines()[:3]]
    (workplace / "eval.jsonl").write_text("".join(json.dumps({"question": each}) + "\n" for each in questions))
    cli.run("release", "create", "--against", "eval.jsonl", cwd=workplace)
    listed = ("release", "show", "--left-out", "contaminated")
    found = json.loads(cli.run(*listed, "--json", "--limit", "1000", cwd=workplace)[0])
    ((count,),) = cli.query(
        workplace / "workspace", "SELECT count(*) FROM release_items WHERE starts_with(reason, 'contaminated')"
    )
    assert len(found) == count > 3
    assert {each["theirs"] for each in found} <= set(questions)
    assert all(each["ours"] == each["theirs"] and each["share"] == 1.0 for each in found)
    shown, _ = cli.run(*listed, "--limit", "2", cwd=workplace, COLUMNS="80")
    assert shown.count("theirs") == 2
    assert f"and {count - 2} more; --limit shows them" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert json.loads(cli.run("release", "show", "1.0.0", "--left-out", "all", "--json", cwd=workplace)[0]) == []
