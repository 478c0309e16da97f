"""Datasets in the running Argilla, and searches in them as the page and the client make them."""

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

from curation.review.names import WORKSPACES
from curation.review.server.credentials import Account
from tests.curation.review.running import Reply, RunningArgilla

_NUMBERS = itertools.count(1)

LABELS = {"type": "label_selection", "options": [{"value": value, "text": value} for value in ("accept", "reject")]}
TEXT_FIELD = {"name": "text", "required": True, "settings": {"type": "text", "use_markdown": False}}
LABEL_QUESTION = {"name": "verdict", "required": True, "settings": LABELS}


class Found(NamedTuple):
    """The external ids that a search gives, in their order, their scores, and how many there are in all."""

    ids: list[str]
    scores: list[float | None]
    total: int


@dataclass(frozen=True)
class Searched:
    """A published dataset: the ids of its questions and metadata by name, and of its records by external id."""

    argilla: RunningArgilla
    id: str
    questions: dict[str, str]
    metadata: dict[str, str]
    records: dict[str, str]

    @property
    def path(self) -> str:
        return f"/api/v1/datasets/{self.id}"

    def add(self, *records: dict[str, Any]) -> None:
        """Write records, or write them anew; their `suggestions` go by the questions' names."""
        items = [
            {
                **record,
                "suggestions": [
                    {"question_id": self.questions[name], **suggestion}
                    for name, suggestion in record.get("suggestions", {}).items()
                ],
            }
            for record in records
        ]
        put = self.argilla.ask("PUT", f"{self.path}/records/bulk", by=self.argilla.owner, json_body={"items": items})
        self.records.update({record["external_id"]: record["id"] for record in put["items"]})

    def answer(self, record: str, by: Account, status: str = "submitted", **values: Any) -> str:
        """Answer a record; gives the id of the response."""
        body = {"status": status, "values": {name: {"value": value} for name, value in values.items()}}
        path = f"/api/v1/records/{self.records[record]}/responses"
        return str(self.argilla.ask("POST", path, by=by, json_body=body)["id"])

    def reply(self, *, by: Account | None = None, page: str = "limit=100", **body: Any) -> Reply:
        """What a search gives; by the owner over all answers, by an annotator over the own ones."""
        whose = "" if by is None else "me/"
        path = f"/api/v1/{whose}datasets/{self.id}/records/search?{page}"
        return self.argilla.request("POST", path, by=by or self.argilla.owner, json_body=body)

    def find(self, *, by: Account | None = None, page: str = "limit=100", **body: Any) -> Found:
        """What a search finds, which has to be a success."""
        reply = self.reply(by=by, page=page, **body)
        assert reply.status == 200, reply.body
        items = reply.body["items"]
        ids = [item["record"]["external_id"] for item in items]
        return Found(ids, [item["query_score"] for item in items], reply.body["total"])

    def text(self, q: str, field: str | None = None, **options: Any) -> set[str]:
        """The ids that a text query finds."""
        found = self.find(query={"text": {"q": q} | ({"field": field} if field else {})}, **options)
        assert found.total == len(found.ids)
        return set(found.ids)

    def filtered(self, *filters: dict[str, Any], by: Account | None = None) -> set[str]:
        """The ids that filters let through."""
        found = self.find(filters={"and": list(filters)}, by=by)
        assert found.total == len(found.ids)
        return set(found.ids)

    def sorted(self, scope: dict[str, Any], order: str = "asc", by: Account | None = None) -> list[str]:
        """All ids in an order."""
        return self.find(sort=[{"scope": scope, "order": order}], by=by).ids


def create(argilla: RunningArgilla, **parts: list[dict[str, Any]]) -> Searched:
    """A published dataset with these `fields`, `questions`, `metadata_properties` and `vectors_settings`."""
    parts = {"fields": [TEXT_FIELD], "questions": [LABEL_QUESTION]} | parts
    owner = argilla.owner
    workspaces = argilla.ask("GET", "/api/v1/me/workspaces", by=owner)["items"]
    workspace = next(each["id"] for each in workspaces if each["name"] == WORKSPACES["review"])
    body = {"name": f"searched-{next(_NUMBERS)}", "workspace_id": workspace}
    dataset = argilla.ask("POST", "/api/v1/datasets", by=owner, json_body=body)["id"]
    ids: dict[str, dict[str, str]] = {}
    for kind, bodies in parts.items():
        path = f"/api/v1/datasets/{dataset}/{kind.replace('_', '-')}"
        for each in bodies:
            made = argilla.ask("POST", path, by=owner, json_body={"title": each["name"], **each})
            ids.setdefault(kind, {})[each["name"]] = made["id"]
    argilla.ask("PUT", f"/api/v1/datasets/{dataset}/publish", by=owner)
    return Searched(argilla, dataset, ids["questions"], ids.get("metadata_properties", {}), {})


def terms(scope: dict[str, Any], *values: object) -> dict[str, Any]:
    """A filter by terms."""
    return {"type": "terms", "scope": scope, "values": list(values)}


def between(scope: dict[str, Any], ge: object = None, le: object = None) -> dict[str, Any]:
    """A filter by range."""
    return {"type": "range", "scope": scope, "ge": ge, "le": le}


def record(property: str) -> dict[str, Any]:
    """The scope of a property of records."""
    return {"entity": "record", "property": property}


def metadata(name: str) -> dict[str, Any]:
    """The scope of a metadata property."""
    return {"entity": "metadata", "metadata_property": name}


def suggestion(question: str, property: str = "value") -> dict[str, Any]:
    """The scope of a property of suggestions."""
    return {"entity": "suggestion", "question": question, "property": property}


def answer(question: str) -> dict[str, Any]:
    """The scope of the answers to a question."""
    return {"entity": "response", "question": question}


STATUS = {"entity": "response", "property": "status"}
"""The scope of the responses' status."""
