"""The parts of a release that need no store: versions, licences, conversations, files, the card."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from curation.releases.card import card
from curation.releases.changes import changes, log, next_version
from curation.releases.conversations import forward_steps, rl_of_candidate, sft_of_candidate, sft_of_problem
from curation.releases.licences import forbidden
from curation.releases.tables import SCHEMAS, Tables, sha256, table
from schemas import published
from schemas.release import AuditedPrecision, LeftOut, Manifest, ReleaseFile, RowCount, SourceShare, Version
from tests.curation import made

ROWS: dict[str, type] = {
    "forward": published.ForwardRow,
    "backward": published.BackwardRow,
    "sft": published.SftRow,
    "prm": published.ProcessRow,
    "backprm": published.ProcessRow,
    "rl": published.RlRow,
}


def test_versions_are_read_and_ordered_by_their_numbers() -> None:
    assert sorted(map(Version.read, ["1.10.0", "1.9.3", "0.1.0"])) == [(0, 1, 0), (1, 9, 3), (1, 10, 0)]
    assert str(Version.read("1.10.0")) == "1.10.0"


@pytest.mark.parametrize("text", ["1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "1.0.0 ", "", "1.0.0\n", "../1.0.0"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        Version.read(text)


def test_a_version_is_major_where_rows_went_out_and_minor_where_some_came_in() -> None:
    assert next_version(None, set(), {"a"}) == (1, 0, 0)
    assert next_version(Version(1, 2, 3), {"a", "b"}, {"a", "c"}) == (2, 0, 0)
    assert next_version(Version(1, 2, 3), {"a"}, {"a", "c"}) == (1, 3, 0)
    assert next_version(Version(1, 2, 3), {"a"}, {"a"}) == (1, 2, 4)
    assert "1 backward problems came in, 2 went out, 1 stayed" in changes("1.0.0", {"a", "b", "c"}, {"a", "d"})


@pytest.mark.parametrize(
    ("licence", "is_open"),
    [
        ("MIT", True),
        ("Apache-2.0", True),
        ("CC BY-SA 4.0", True),
        ("CC0-1.0", True),
        ("proprietary OR MIT", False),
        ("GPL-77 OR MIT", True),
        ("CC BY-NC 4.0", False),
        ("CC-BY-NC-SA-4.0", False),
        ("all rights reserved", False),
        ("none stated", False),
        ("", False),
        ("MITnot", False),
    ],
)
def test_only_a_licence_known_to_be_open_lets_a_source_in(licence: str, is_open: bool) -> None:
    assert (forbidden(licence) == "") == is_open


def test_conversations_go_in_three_directions_and_hold_no_annotation() -> None:
    problem = made.problem(48)
    candidate = made.derivation(problem).candidates[0]
    (forward,) = sft_of_problem(problem)
    backward, pose = sft_of_candidate(problem, candidate)
    assert [row.kind for row in (forward, backward, pose)] == ["forward", "backward", "pose"]
    assert forward.messages[1]["content"] == problem.question
    assert forward.messages[2]["content"].endswith(f"The answer is {problem.answer}.")
    assert "<<" not in forward.messages[2]["content"]
    assert forward_steps(problem) == ["In May she sold 48/2 = 24."]
    assert backward.messages[1]["content"] == pose.messages[2]["content"] == candidate.question
    assert backward.messages[2]["content"].endswith("The answer is 48.")
    assert '"Natalia sold 48 clips in April' in pose.messages[1]["content"]
    assert rl_of_candidate(problem, candidate).answer == "48"


def test_the_columns_of_each_config_are_those_of_its_rows() -> None:
    assert SCHEMAS.keys() == ROWS.keys()
    for config, row in ROWS.items():
        assert SCHEMAS[config].names == list(row.__annotations__)  # type: ignore[index]


def forward(number: int, text: str = "") -> dict[str, str]:
    names = ("question", "solution", "answer", "source", "licence")
    return {"problem_id": f"{number:016x}", **{name: text or f"{name} {number}" for name in names}}


def test_the_same_rows_give_the_same_bytes_however_they_come(tmp_path: Path) -> None:
    rows = [forward(number) for number in range(20_000)]
    with Tables(tmp_path / "one") as one:
        one.add("forward", "train", table("forward", rows))
    with Tables(tmp_path / "two") as two:
        for row in rows:
            two.add("forward", "train", table("forward", [row]))
    assert [(file.sha256, file.rows) for file in one.files()] == [(file.sha256, file.rows) for file in two.files()]
    assert one.files()[0].sha256 == sha256(tmp_path / "one" / "forward" / "train.parquet")


def test_text_that_would_break_a_file_is_kept_as_far_as_it_can_be(tmp_path: Path) -> None:
    hostile = "\ud800 \x00 </script> {{ x }} 'quoted' \u202e --- # not: yaml"
    with Tables(tmp_path) as tables:
        tables.add("forward", "test", table("forward", [forward(1, hostile)]))
    (row,) = pq.read_table(tmp_path / "forward" / "test.parquet").to_pylist()
    assert row["question"] == hostile.replace("\ud800", "\ufffd")


def manifest(**more: object) -> Manifest:
    usual = {
        "version": "1.1.0",
        "previous": "1.0.0",
        "code_version": "0.1.0",
        "files": (ReleaseFile(path="backward/train.parquet", sha256="0" * 64, size=1, rows=3),),
        "counts": (RowCount(config="backward", split="train", rows=3),),
        "labelled_steps": 7,
        "sources": (SourceShare(source="gsm8k", licence="MIT", problems=2, candidates=3),),
        "policies": ("default-1",),
        "decided_by": {"policy": 3},
        "fingerprints": ("f1",),
        "precision": (AuditedPrecision(source="gsm8k", formula="trace", audited=9, right=9, low=0.7, high=1.0),),
        "left_out": (LeftOut(reason="duplicate", candidates=1),),
        "evaluation_sets": ("gsm8k test",),
    }
    return Manifest.model_validate(usual | more)


def test_the_head_of_the_card_is_yaml_that_names_every_file() -> None:
    text = card(manifest(), "Three came in.")
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["configs"] == [
        {
            "config_name": "backward",
            "default": True,
            "data_files": [{"split": "train", "path": "backward/train.parquet"}],
        }
    ]
    assert head["license"] == ["mit"]
    assert "| gsm8k | MIT | 2 | 3 |" in text
    assert "70.0% to 100.0%" in text


def test_names_from_data_stay_text_in_the_card() -> None:
    hostile = "x\n---\nlicense: evil | <script>alert(1)</script> {{ 7*7 }} $x$"
    share = SourceShare(source=hostile, licence=hostile, problems=1, candidates=1)
    text = card(manifest(sources=(share,), left_out=()), "Nothing.")
    assert text.count("\n---\n") == 1  # the end of the head
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "{{ 7\\*7 }}" in text
    assert yaml.safe_load(text.split("---\n")[1])["license"] == ["other"]


def test_the_change_log_keeps_what_earlier_versions_said() -> None:
    text = log(manifest(), "Two more.", [("1.0.0", "The first version.")])
    assert text.index("## 1.1.0") < text.index("## 1.0.0")
    assert json.dumps(text).count("The first version.") == 1
