"""Gold answers: read by the start of an id, and a file that is wrong says where and how."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from curation.errors import GoldFileError
from curation.review.gold_answers import GoldAnswer, read
from curation.store import Store
from tests.curation.review import reviewed


def answers(folder: Path, content: str | bytes) -> Mapping[str, GoldAnswer]:
    file = folder / "gold.jsonl"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with Store(folder).connect(read_only=True) as connection:
        return read(connection, file)


def test_answers_are_found_by_the_start_of_an_id(tmp_path: Path) -> None:
    first, second = reviewed.candidates(tmp_path, 2)
    found = answers(
        tmp_path,
        f'{{"candidate": "{first[:8]}", "verdict": "reject", "category": "leak"}}\n\n'
        f'  {{"candidate": "{second}", "verdict": "accept"}}\r\n',
    )
    assert {key: (answer.verdict, answer.category) for key, answer in found.items()} == {
        first: ("reject", "leak"),
        second: ("accept", None),
    }
    assert answers(tmp_path, "") == {}
    assert answers(tmp_path, "\ufeff" + f'{{"candidate": "{first[:8]}", "verdict": "accept"}}').keys() == {first}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "line 2: invalid json"),
        ("[]", "line 2: "),
        ('{"candidate": "zzzzzzzz", "verdict": "accept"}', "no candidate's id begins with 'zzzzzzzz'"),
        ('{"candidate": "KEY", "verdict": "unsure"}', "line 2: verdict: "),
        ('{"candidate": "KEY"}', "line 2: verdict: field required"),
        ('{"candidate": "", "verdict": "accept"}', "line 2: candidate: "),
        ('{"candidate": "KEY", "verdict": "accept", "category": "bad"}', "line 2: category: "),
        ('{"candidate": "KEY", "verdict": "accept", "colour": "red"}', "line 2: colour: "),
        ('{"candidate": 7, "verdict": "accept"}', "line 2: candidate: "),
    ],
)
def test_a_line_that_is_wrong_is_named(line: str, why: str, tmp_path: Path) -> None:
    (key,) = reviewed.candidates(tmp_path, 1)
    good = f'{{"candidate": "{key}", "verdict": "accept"}}'
    with pytest.raises(GoldFileError) as raised:
        answers(tmp_path, f"{good}\n{line.replace('KEY', key)}")
    assert why in str(raised.value)
    assert str(raised.value).endswith("; nothing was sent")
    assert "\n" not in str(raised.value)


def test_a_start_that_several_ids_have_is_named(tmp_path: Path) -> None:
    keys = reviewed.candidates(tmp_path, 1)
    with Store(tmp_path).connect() as connection:
        connection.execute(
            "INSERT INTO candidates SELECT * REPLACE (candidate_id || 'x' AS candidate_id) FROM candidates"
        )
    with pytest.raises(GoldFileError, match="several candidates' ids begin"):
        answers(tmp_path, f'{{"candidate": "{keys[0][:8]}", "verdict": "accept"}}')


def test_one_candidate_with_two_answers_is_wrong(tmp_path: Path) -> None:
    (key,) = reviewed.candidates(tmp_path, 1)
    with pytest.raises(GoldFileError, match=r"line 2: .*answered above"):
        answers(
            tmp_path,
            f'{{"candidate": "{key[:8]}", "verdict": "accept"}}\n{{"candidate": "{key[:6]}", "verdict": "reject"}}',
        )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    reviewed.candidates(tmp_path, 1)
    with pytest.raises(GoldFileError, match="cannot be read"):
        answers(tmp_path, b"\xff\xfe\x00")
    with Store(tmp_path).connect(read_only=True) as connection, pytest.raises(GoldFileError, match="cannot be read"):
        read(connection, tmp_path / "absent.jsonl")
