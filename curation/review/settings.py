"""What a dataset in Argilla looks like: its fields, questions and metadata, and the guidelines."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.review import ErrorCategory, ReviewStage, ReviewVerdict

if TYPE_CHECKING:
    import argilla as rg

_LINE_WITHIN_PARAGRAPH = re.compile(r"(?<=\S)\n[ ]*(?=[^\s#-])(?!\d+\.)")
"""The page breaks lines where the text does."""

GUIDELINES = Path(__file__).with_name("guidelines.md")

VERDICTS: dict[ReviewVerdict, str] = {
    "accept": "Right as it is",
    "correct": "Right with my corrections",
    "reject": "Wrong",
    "unsure": "I cannot tell",
}

CATEGORIES: dict[ErrorCategory, str] = {
    "wrong_equation": "The equation is not what the question says",
    "wrong_answer": "The hidden number is not the answer",
    "wrong_step": "A step is wrong (mark it)",
    "ambiguous": "Another number fits as well",
    "ill_posed": "It cannot be answered",
    "leak": "The answer is given away",
    "irrelevant_condition": "The hidden number does not matter",
    "unnatural": "Hard to understand",
    "other": "Something else (say it below)",
}

_ADJUDICATION = """## For adjudicators

Reviewers answered these differently, or the correction of one did not pass the computer's checks. Their answers are in
the field *What reviewers said*. Your word decides.

"""


def settings(client: "rg.Argilla", stage: ReviewStage, reviews_needed: int) -> "rg.Settings":
    """The settings of the dataset of a stage; a record is complete after so many submitted answers."""
    import argilla as rg

    doubt = {"review": "What the computer doubts", "adjudication": "What reviewers said"}
    guidelines = ("" if stage == "review" else _ADJUDICATION) + GUIDELINES.read_text(encoding="utf-8")
    return rg.Settings(
        guidelines=_LINE_WITHIN_PARAGRAPH.sub(" ", guidelines),
        fields=[
            rg.TextField(client=client, name="problem", title="Original problem", use_markdown=True),
            rg.TextField(client=client, name="question", title="Backward question", use_markdown=True),
            rg.TextField(client=client, name="doubt", title=doubt[stage], use_markdown=True),
            rg.TextField(client=client, name="solution", title="Solution", use_markdown=True, required=False),
            rg.TextField(client=client, name="steps", title="Steps, to mark a wrong one", required=False),
        ],
        questions=[
            rg.LabelQuestion(
                client=client, name="verdict", title="Is this backward problem right?", labels=dict(VERDICTS)
            ),
            rg.LabelQuestion(
                client=client,
                name="category",
                title="If not, what is wrong?",
                labels=dict(CATEGORIES),
                required=False,
                visible_labels=len(CATEGORIES),
            ),
            rg.TextQuestion(
                client=client,
                name="corrected_question",
                title="The question, corrected",
                description="All of it, as it should stand. Leave it empty where it is right.",
                required=False,
            ),
            rg.TextQuestion(
                client=client,
                name="corrected_answer",
                title="The answer, corrected",
                description="The hidden number as it should be: 48, 1/3, 12.5. Leave it empty where it is right.",
                required=False,
            ),
            rg.SpanQuestion(
                client=client,
                name="wrong_step",
                title="Mark a wrong step",
                field="steps",
                labels={"wrong": "wrong step"},
                required=False,
            ),
            rg.TextQuestion(client=client, name="comment", title="Anything to add?", required=False),
        ],
        metadata=[
            rg.FloatMetadataProperty(
                client=client, name="uncertainty", title="Uncertainty (0 sure, 1 a coin toss)", min=0, max=1
            ),
            rg.TermsMetadataProperty(client=client, name="source", title="Source"),
            rg.TermsMetadataProperty(client=client, name="formula", title="Kind of formula"),
            rg.TermsMetadataProperty(client=client, name="failed_checks", title="Checks that did not pass"),
        ],
        distribution=rg.TaskDistribution(min_submitted=reviews_needed),
        allow_extra_metadata=False,
    )
