"""Settings of questions, metadata and the rest, parsed quickly.

Argilla builds pydantic's validator of a union of settings anew each time it looks at one: for each value of each record
that is written, more than half of the time that it takes. Here each is built once.
"""

from argilla_server.models import MetadataProperty, Question
from argilla_server.models.database import MetadataPropertySettings, QuestionSettings
from pydantic import TypeAdapter

QUESTION_SETTINGS: TypeAdapter[QuestionSettings] = TypeAdapter(QuestionSettings)
METADATA_SETTINGS: TypeAdapter[MetadataPropertySettings] = TypeAdapter(MetadataPropertySettings)

Question.parsed_settings = property(lambda question: QUESTION_SETTINGS.validate_python(question.settings))
MetadataProperty.parsed_settings = property(lambda metadata: METADATA_SETTINGS.validate_python(metadata.settings))
