"""`backmath review agreement`: what is measured of reviewers, as a person and as a program reads it."""

import json
from pathlib import Path

import numpy as np
import pytest

from backmath.app import main
from curation.store import Store
from schemas.review import ReviewVerdict
from tests.curation import made
from tests.curation.review import reviewed


def reviews(folder: Path) -> None:
    """Ann looks; Ben, who is fast, answers what is suggested; Eve answers nothing that can count."""
    random = np.random.default_rng(1)
    keys = reviewed.candidates(folder, 200, outcome={"provenance": "undecided"})
    right: list[ReviewVerdict] = ["accept" if drawn else "reject" for drawn in random.random(200) < 0.6]
    suggested: list[ReviewVerdict] = [
        one if drawn else ("reject" if one == "accept" else "accept")
        for one, drawn in zip(right, random.random(200) < 0.75, strict=True)
    ]
    asked, answers = [], []
    for n, key in enumerate(keys):
        blind, gold = n < 80, n < 30
        item = reviewed.item(
            key,
            "gold" if gold else "doubt",
            blind=blind,
            probability=0.9 if suggested[n] == "accept" else 0.1,
            suggested=None if blind else suggested[n],
            gold=right[n] if gold else None,
        )
        asked.append(item)
        category = None if right[n] == "accept" else "leak"
        answers.append(reviewed.answer(key, "ann", right[n], 60 * n, category=category))  # type: ignore[arg-type]
        answers.append(reviewed.answer(key, "ben", right[n] if blind else suggested[n], 4 * n))
    answers.append(reviewed.answer(keys[0], "\x1b[31mEve", "correct", unusable="the correction is empty"))
    reviewed.write(Store(folder), asked, answers)


def test_it_shows_agreement_gold_suggestions_and_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews(tmp_path)
    assert main(["review", "agreement", "--workspace", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert max(map(len, shown.splitlines())) <= 100
    assert "\x1b" not in shown
    for line in (
        "ann 30 100% 89% to 100% 100% 89% to 100% 0 of 0",
        "ann 200 199 60 s 60 s",
        "ben 200 199 4 s 4 s",
        "1 answers of \\x1b[31mEve cannot count: the correction is empty",
        "too few: 0 with two answers, 20 are needed",
    ):
        assert line in lines, shown
    text = " ".join(lines)
    assert "ben answers as suggested more often than suggestions are right: 120 of 120, at a median of 4 s" in text
    assert "ann answers as suggested" not in text


def test_json_has_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews(tmp_path)
    assert main(["review", "agreement", "--json", "--workspace", str(tmp_path)]) == 0
    shown = json.loads(capsys.readouterr().out)
    overall = shown["verdicts"]["overall"]
    assert overall["candidates"] == overall["pairs"] == 200
    low, high = overall["alpha_interval"]
    assert 0 < low < overall["alpha"] < high < 1
    assert shown["categories"]["overall"]["alpha"] is None
    assert [row["rubber_stamps"] for row in shown["suggestions"]] == [False, True]
    assert [row["reviewer"] for row in shown["pace"]] == ["\x1b[31mEve", "ann", "ben"]
    assert shown["unusable"][0]["answers"] == 1


def test_without_reviews_and_without_a_store_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made.ingested(tmp_path, made.problem(1))
    assert main(["review", "agreement", "--workspace", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "No reviews yet.\n"
    assert main(["review", "agreement", "--workspace", str(tmp_path / "none")]) == 1
    assert "there is no store" in capsys.readouterr().err
