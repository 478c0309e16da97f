"""Text search over HTTP: Elasticsearch's standard analyzer and its simple query strings."""

import pytest

from tests.curation.review.running import RunningArgilla
from tests.curation.review.server.searched import LABEL_QUESTION, Searched, create

TEXTS = {
    "clips": ("Natalia sold clips to 48 friends, and HALF as many in May.", "easy"),
    "flour": ("Tom's bakery used 3.5 kilograms of flour; flour costs $2 a bag.", "hard"),
    "trees": ("There are 15 trees in the grove: foo_bar 1,000 node.js café", "easy"),
    "tower": ("東京タワー has 333 metres, don’t count x/2 or \\frac{5}{2}.", "hard"),
    "half": ("May I have half an apple? No, half-baked.", "odd"),
}


@pytest.fixture(scope="module")
def texts(argilla: RunningArgilla) -> Searched:
    """Five records with a text, a level, and in one of them a chat, a custom value and an image."""
    fields = [
        {"name": "text", "required": True, "settings": {"type": "text", "use_markdown": False}},
        {"name": "the level", "required": True, "settings": {"type": "text", "use_markdown": False}},
        {"name": "chat", "settings": {"type": "chat", "use_markdown": False}},
        {"name": "custom", "settings": {"type": "custom", "template": "<b></b>", "advanced_mode": False}},
        {"name": "image", "settings": {"type": "image"}},
    ]
    dataset = create(argilla, fields=fields, questions=[LABEL_QUESTION])
    others = {
        "chat": [{"role": "tutor", "content": "What is seven"}, {"role": "pupil", "content": "times eight"}],
        "custom": {"shape": "octagon"},
        "image": "https://example.org/zebra.png",
    }
    for name, (text, level) in TEXTS.items():
        more = others if name == "trees" else {}
        dataset.add({"external_id": name, "fields": {"text": text, "the level": level, **more}})
    return dataset


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("clips", "clips"),
        ("CLIPS half", "clips"),  # all words, in any case
        ("half easy", "clips"),  # in whichever fields
        ("half | flour", "clips half flour"),
        ("half + may", "clips half"),
        ("-half", "flour trees tower"),  # no more than a negation
        ("-(half | flour)", "trees tower"),
        ("half -clips", "half"),
        ("half - clips", "clips"),  # a sign by itself negates nothing
        ("--clips", "clips"),
        ("flour | half easy", "clips"),  # from left to right: (flour | half) easy
        ("easy half | flour", "clips flour"),  # (easy half) | flour
        ("flour | (half easy)", "clips flour"),
        ('"half as many"', "clips"),
        ('"many as half"', ""),
        ('"half many"', ""),
        ('"half many"~1', "clips"),
        ('"an apple no"', "half"),  # punctuation is no token
        ('"may easy"', ""),  # a phrase is in one field
        ('-"half as many" half', "half"),
        ("nat*", "clips"),
        ("NAT*", "clips"),  # a prefix is lower-cased
        ("half-b*", ""),  # and not taken apart
        ("*", "clips flour trees tower half"),
        ("flor~1", "flour"),
        ("flor~", "flour tower"),  # two edits where no number is given: `or` is as near
        ("folur~1", ""),  # letters that changed places are two edits
        ("folur~2", "flour"),
        ("flour~0", "flour"),
        ("flxxxx~2", ""),
        ("3.5", "flour"),
        ("5", "tower"),  # and not 3.5
        ("15", "trees"),
        ("foo_bar", "trees"),
        ("foo", ""),
        ("1,000", "trees"),
        ("node.js", "trees"),
        ("node", ""),
        ("café", "trees"),
        ("cafe", ""),  # accents count
        ("don’t", "tower"),
        ("don't", ""),  # another sign
        ("tom's", "flour"),
        ("東京", "tower"),
        ("京東", "tower"),  # two tokens without order, both in one field
        ('"京東"', ""),
        ("タワー", "tower"),
        ("x/2", "tower"),
        ("half-baked", "half"),  # both parts in one field, in any order
        ("baked-half", "half"),
        ("half/easy", ""),  # the parts are in two fields
        ("frac{5}{2}", "tower"),
        ("\\-clips", "clips"),
        ("clips\\*", "clips"),
        ("seven", "trees"),
        ("tutor", "trees"),  # roles of a chat are found too
        ('"seven times"', ""),  # a phrase is in one message
        ("seven times", "trees"),
        ("octagon", "trees"),
        ("zebra", ""),  # images are not searched
        ("nothing", ""),
        ("clips nothing", ""),
        ("", ""),
        ("  ", ""),
        ("...", ""),
        ("clips ... half", "clips"),
        ("clips | ... flour", "clips flour"),  # what says nothing leaves the operator to the next word
        ("(clips", "clips"),
        ("clips)", "clips"),
        ('"clips', "clips"),
        ("() clips", "clips"),
        ("clips |", "clips"),
        ("| clips", "clips"),
    ],
)
def test_a_query_finds_what_elasticsearch_would(texts: Searched, query: str, expected: str) -> None:
    assert texts.text(query) == set(expected.split())


@pytest.mark.parametrize(
    ("query", "field", "expected"),
    [
        ("easy", "the level", "clips trees"),
        ("easy", "text", ""),
        ("clips easy", "text", ""),
        ("-half", "text", "flour trees tower"),
        ("-easy", "the level", "flour tower half"),
        ("half | flour", "text", "clips half flour"),
        ("eas*", "the level", "clips trees"),
        ("esy~1", "the level", "clips trees"),
        ("eight", "chat", "trees"),
        ("eight", "custom", ""),
        ("zebra", "image", ""),
    ],
)
def test_a_query_of_one_field_looks_there_only(texts: Searched, query: str, field: str, expected: str) -> None:
    assert texts.text(query, field) == set(expected.split())


def test_an_unknown_field_is_refused(texts: Searched) -> None:
    reply = texts.reply(query={"text": {"q": "clips", "field": "nowhere"}})
    assert reply.status == 422
    assert "nowhere" in reply.body["detail"]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '""',
        "'",
        "*" * 1_000,
        "NEAR(clips half)",
        "clips AND half",
        "text : clips",
        "{text} : clips",
        "^clips",
        "clips\x00half",
        "\x00",
        "%",
        "'; DROP TABLE records; --",
        '" OR 1=1',
        "\ue000",
        "\ue001",
        "every_record",
        "(" * 100_000,
        '"' * 100_001,
        "\\" * 100_000,
        "-" * 100_000,
        "a" * 100_000,
        "() " * 30_000,
        "😀" * 50,
        "x~" * 30,
        '"clips half"~99999999999999999999',
    ],
    ids=lambda query: repr(query[:12]),
)
def test_hostile_queries_find_something_or_nothing(texts: Searched, query: str) -> None:
    assert texts.text(query) <= set(TEXTS)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("half " * 2_000, "1,024 words"),
        ("(" * 100 + "half" + ")" * 100, "brackets"),
        ("half | may + " * 100 + "x", "changes"),
    ],
)
def test_too_large_queries_are_refused_with_a_sentence(texts: Searched, query: str, said: str) -> None:
    reply = texts.reply(query={"text": {"q": query}})
    assert reply.status == 422
    assert said in reply.body["detail"]


def test_the_largest_query_that_is_taken_is_answered(texts: Searched) -> None:
    assert texts.text("half " * 1_024) == {"clips", "half"}
    deepest = "-(" * 12 + "x + y | clips" + ")" * 12 + " | half + may" * 7
    assert texts.text(deepest) == {"clips", "half"}


def test_results_come_by_score_and_those_that_say_it_twice_come_first(texts: Searched) -> None:
    found = texts.find(query={"text": {"q": "flour | clips | trees"}})
    assert found.ids[0] == "flour"
    scores = [score for score in found.scores if score is not None]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)


def test_without_a_query_every_score_is_1(texts: Searched) -> None:
    assert texts.find().scores == [1.0] * len(TEXTS)


def test_what_is_written_changed_and_deleted_is_found_as_it_is_now(argilla: RunningArgilla) -> None:
    dataset = create(argilla)
    dataset.add(*({"external_id": str(number), "fields": {"text": f"word{number}"}} for number in range(4)))
    dataset.add({"external_id": "0", "fields": {"text": "other"}})
    argilla.ask(
        "PATCH", f"/api/v1/records/{dataset.records['1']}", by=argilla.owner, json_body={"fields": {"text": "new"}}
    )
    argilla.ask("DELETE", f"/api/v1/records/{dataset.records['2']}", by=argilla.owner)
    argilla.ask("DELETE", f"{dataset.path}/records?ids={dataset.records['3']}", by=argilla.owner)
    assert dataset.text("word*") == set()
    assert dataset.text("other") == {"0"}
    assert dataset.text("new") == {"1"}
    assert dataset.text("-other") == {"1"}


def test_a_deleted_dataset_leaves_no_search(argilla: RunningArgilla) -> None:
    dataset = create(argilla)
    dataset.add({"external_id": "0", "fields": {"text": "gone"}})
    argilla.ask("DELETE", dataset.path, by=argilla.owner)
    assert dataset.reply(query={"text": {"q": "gone"}}).status == 404
