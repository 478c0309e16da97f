"""Of a model's reply only one line of plain text gets through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.llm.errors import InvalidReplyError
from generation.wordings import declarative, rewrite


@pytest.mark.parametrize(
    ("reply", "statement"),
    [
        ('{"statement": "He has 5 pens."}', "He has 5 pens."),
        ('{"statement": "  He has 5 pens. "}', "He has 5 pens."),
        ('Sure!\n```json\n{"statement": "He has 5 pens."}\n```', "He has 5 pens."),
        ('{"statement": "It is $\\\\frac{1}{2}$ of José’s, if a < b and c > d."}', None),
        ('{"statement": "It is $\\\\frac{1}{2}$ of José’s, if a < b."}', "It is $\\frac{1}{2}$ of José’s, if a < b."),
    ],
)
def test_one_line_of_plain_text_is_read(reply: str, statement: str | None) -> None:
    expected = statement or "It is $\\frac{1}{2}$ of José’s, if a < b and c > d."
    assert declarative.read(reply) == expected


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("He has 5 pens.", "no JSON object"),
        ("", "no JSON object"),
        ("[]", "no JSON object"),
        ('{"question": "He has 5 pens."}', 'no object with one text, "statement"'),
        ('{"statement": "He has 5 pens.", "more": 1}', 'no object with one text, "statement"'),
        ('{"statement": "a", "statement": "b"}', 'no object with one text, "statement"'),
        ('{"statement": {"statement": "a"}}', 'no object with one text, "statement"'),
        ('{"statement": ["He has 5 pens."]}', 'no object with one text, "statement"'),
        ('{"statement": 5}', 'no object with one text, "statement"'),
        ('{"statement": null}', 'no object with one text, "statement"'),
        ("{}", 'no object with one text, "statement"'),
        ('{"statement": " "}', "is empty"),
        ('{"statement": "%s"}' % ("He has 5. " * 100), "has 999 characters, more than 600"),
        ('{"statement": "He has\\n5 pens."}', "control character, U\\+000A"),
        ('{"statement": "He has\\u00005 pens."}', "control character, U\\+0000"),
        ('{"statement": "He has \\frac pens."}', "control character, U\\+000C"),
        ('{"statement": "He has \\u202e5 pens."}', "invisible character, U\\+202E"),
        ('{"statement": "He has 4\\u200b8 pens."}', "invisible character, U\\+200B"),
        ('{"statement": "He has \\ud800 pens."}', "lone surrogate, U\\+D800"),
        ('{"statement": "He has \\u2028 pens."}', "line separator"),
        ('{"statement": "He has 5\\u0336 pens."}', "combining mark"),
        ('{"statement": "He has <b>5</b> pens."}', "markup, '<b>'"),
        ('{"statement": "<script>alert(1)</script>"}', "markup, '<script>'"),
        ('{"statement": "He has &lt;5 pens."}', "markup, '&lt;'"),
        ('{"statement": "**He has 5 pens.**"}', "markup"),
        ('{"statement": "# He has 5 pens."}', "markup"),
        ('{"statement": "- He has 5 pens."}', "markup"),
        ('{"statement": "See [this](x)."}', "markup"),
        ('{"statement": "See https://example.org."}', "markup"),
        ('{"statement": "{\\"statement\\": \\"He has 5.\\"}"}', "markup"),
        ('{"statement": "`He has 5.`"}', "markup"),
    ],
)
def test_anything_else_is_refused_with_the_reason(reply: str, reason: str) -> None:
    with pytest.raises(InvalidReplyError, match=reason):
        declarative.read(reply)


def test_a_question_may_be_longer_than_a_statement() -> None:
    text = "He has 5 pens. " * 60
    assert rewrite.read(json.dumps({"question": text})) == text.strip()
    with pytest.raises(InvalidReplyError, match="more than 3,000"):
        rewrite.read(json.dumps({"question": text * 4}))


@given(st.text() | st.text().map(lambda text: json.dumps({"statement": text})))
def test_any_reply_is_read_or_refused(reply: str) -> None:
    try:
        line = declarative.read(reply)
    except InvalidReplyError:
        return
    assert line == line.strip()
    assert line.isprintable() or any(character.isspace() for character in line)
    assert "\n" not in line
