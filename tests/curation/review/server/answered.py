"""A dataset in the running Argilla, with answers in it."""

import uuid
from typing import NamedTuple

import pytest

from curation.review.names import WORKSPACES
from tests.curation.review.running import RunningArgilla


class Answered(NamedTuple):
    """A dataset of a module's own, with one record that both annotators have answered."""

    dataset: str
    record: str
    responses: tuple[str, str]


@pytest.fixture(scope="module")
def answered(argilla: RunningArgilla) -> Answered:
    owner = argilla.owner
    workspaces = argilla.ask("GET", "/api/v1/me/workspaces", by=owner)["items"]
    workspace = next(each["id"] for each in workspaces if each["name"] == WORKSPACES["review"])
    dataset = argilla.ask(
        "POST", "/api/v1/datasets", by=owner, json_body={"name": f"secure-{uuid.uuid4()}", "workspace_id": workspace}
    )["id"]
    path = f"/api/v1/datasets/{dataset}"
    field = {"name": "text", "title": "Text", "required": True, "settings": {"type": "text", "use_markdown": True}}
    argilla.ask("POST", f"{path}/fields", by=owner, json_body=field)
    options = [{"value": "yes", "text": "Yes"}, {"value": "no", "text": "No"}]
    question = {"name": "verdict", "title": "Right?", "required": True}
    question |= {"settings": {"type": "label_selection", "options": options}}
    argilla.ask("POST", f"{path}/questions", by=owner, json_body=question)
    for name, visible in (("source", True), ("audit", False)):
        metadata = {"name": name, "title": name, "settings": {"type": "terms"}, "visible_for_annotators": visible}
        argilla.ask("POST", f"{path}/metadata-properties", by=owner, json_body=metadata)
    argilla.ask("PUT", f"{path}/publish", by=owner)
    records = [
        {"fields": {"text": f"Record {number}"}, "metadata": {"source": "gsm8k", "audit": "yes" if number else "no"}}
        for number in range(2)
    ]
    argilla.ask("POST", f"{path}/records/bulk", by=owner, json_body={"items": records})
    record = argilla.ask("GET", f"{path}/records", by=owner)["items"][0]["id"]
    answer = {"values": {"verdict": {"value": "yes"}}, "status": "submitted"}
    responses = [
        argilla.ask("POST", f"/api/v1/records/{record}/responses", by=annotator, json_body=answer)["id"]
        for annotator in argilla.annotators
    ]
    return Answered(dataset, record, (responses[0], responses[1]))
