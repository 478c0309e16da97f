"""A running Argilla, reached by its address and an owner's key: wherever it runs, this is all we know of it."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import argilla as rg
import httpx

from curation.errors import ArgillaDatasetError, ArgillaRefusedError, ArgillaUnreachableError, ArgillaVersionError
from curation.review.names import DATASETS, WORKSPACES
from curation.review.settings import settings
from schemas.review import ReviewStage

OLDEST = (2, 8)
"""The oldest version of Argilla that we know the interface of; a newer one of the same first number will do."""

PAGE = 500
"""Records read, and at the most written, with one request."""

_TRIES = 6
_LONGEST_WAIT_S = 8.0
_TIMEOUT_S = 60.0
_QUESTIONS = ("verdict", "category", "corrected_question", "corrected_answer", "wrong_step", "comment")


class Argilla:
    """A connection to a server of Argilla. Make one with `connect`.

    Every method raises ArgillaUnreachableError, ArgillaRefusedError or ArgillaDatasetError. Requests that can be
    repeated are, a few times, where the server fails or does not answer: all of ours can.
    """

    def __init__(self, client: rg.Argilla, url: str) -> None:
        self._client = client
        self._http: httpx.Client = client.http_client
        self.url = url

    @cached_property
    def users(self) -> dict[str, str]:
        """The names of all users, by id."""
        return {user["id"]: user["username"] for user in self.request("GET", "/api/v1/users")["items"]}

    def members(self, stage: ReviewStage) -> list[str]:
        """The names of the annotators who may answer at this stage, in order."""
        workspace = self._workspace_id(stage)
        if workspace is None:
            return []
        users = self.request("GET", f"/api/v1/workspaces/{workspace}/users")["items"]
        return sorted(user["username"] for user in users if user["role"] == "annotator")

    def dataset(self, stage: ReviewStage) -> "Dataset | None":
        """The dataset of the stage, None where there is none yet.

        Raises ArgillaDatasetError where its questions are not those that we ask.
        """
        workspace = self._workspace_id(stage)
        if workspace is None:
            return None
        found = self.request("GET", "/api/v1/me/datasets", params={"workspace_id": workspace})["items"]
        name = DATASETS[stage]
        match = next((each for each in found if each["name"] == name and each["status"] == "ready"), None)
        if match is None:
            return None
        dataset = Dataset(self, match["id"], name, match["distribution"]["min_submitted"])
        if missing := [question for question in _QUESTIONS if question not in dataset.questions]:
            raise ArgillaDatasetError(
                f"the dataset {name} at {self.url} has no question {missing[0]!r}: it was changed by hand; nothing was "
                "sent. Next: rename it there, and `backmath review push` makes a new one"
            )
        return dataset

    def make_dataset(self, stage: ReviewStage, reviews_needed: int) -> "Dataset":
        """The dataset of the stage, made with its workspace where there is none; else left as it is."""
        found = self.dataset(stage)
        if found is not None:
            return found
        workspace = self._client.workspaces(WORKSPACES[stage])
        try:
            if workspace is None:
                workspace = rg.Workspace(name=WORKSPACES[stage], client=self._client).create()
            self._drop_draft(workspace, DATASETS[stage])
            rg.Dataset(
                name=DATASETS[stage],
                workspace=workspace,
                settings=settings(stage, reviews_needed),
                client=self._client,
            ).create()
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        except rg._exceptions.ArgillaError as error:
            raise ArgillaDatasetError(
                f"the dataset {DATASETS[stage]} could not be made at {self.url} ({' '.join(str(error).split())}); "
                "nothing was sent: run the same command again"
            ) from error
        made = self.dataset(stage)
        if made is None:
            raise ArgillaDatasetError(f"the dataset {DATASETS[stage]} was deleted at {self.url} while it was made")
        return made

    def request(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: object = None) -> Any:
        """One request, repeated where the server fails; what it answers, read as JSON."""
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                response = self._http.request(method, path, params=params, json=json)
            except httpx.TransportError as error:
                if last:
                    raise self._unreachable(error) from error
            else:
                if response.is_success:
                    return _json(response)
                if last or not (response.status_code >= 500 or response.status_code == 429):
                    raise self._refused(response)
            time.sleep(min(_LONGEST_WAIT_S, 0.25 * 2**attempt) * random.uniform(0.5, 1))
        raise AssertionError("the last try returns or raises")

    def _workspace_id(self, stage: ReviewStage) -> str | None:
        found = self.request("GET", "/api/v1/me/workspaces")["items"]
        return next((each["id"] for each in found if each["name"] == WORKSPACES[stage]), None)

    def _drop_draft(self, workspace: rg.Workspace, name: str) -> None:
        """Remove what is left of a dataset whose making was cut short: nobody can have answered in it."""
        found = self.request("GET", "/api/v1/me/datasets", params={"workspace_id": str(workspace.id)})["items"]
        for draft in (each for each in found if each["name"] == name and each["status"] == "draft"):
            self.request("DELETE", f"/api/v1/datasets/{draft['id']}")

    def _unreachable(self, error: Exception) -> ArgillaUnreachableError:
        return _unreachable(self.url, error)

    def _refused(self, response: httpx.Response) -> Exception:
        code, detail = response.status_code, " ".join(response.text.split())[:200]
        if code in (401, 403):
            return ArgillaRefusedError(
                f"Argilla at {self.url} refused ({code}): the key must be an owner's; what was done before is kept. "
                "Next: set ARGILLA_API_KEY"
            )
        if code == 404:
            return ArgillaDatasetError(
                f"Argilla at {self.url} does not have what was there before ({detail}): a dataset or workspace was "
                "deleted; all that was pulled is kept. Next: backmath review push makes it again"
            )
        if code >= 500 or code == 429:
            return ArgillaUnreachableError(
                f"Argilla at {self.url} failed {_TRIES} times ({code}: {detail}); what was done before is kept: run "
                "the same command again"
            )
        return ArgillaDatasetError(f"Argilla at {self.url} does not accept this ({code}: {detail})")


class Dataset:
    """A dataset of ours in Argilla; `reviews_needed` submitted answers make a record of it complete."""

    def __init__(self, server: Argilla, dataset_id: str, name: str, reviews_needed: int) -> None:
        self._server = server
        self._path = f"/api/v1/datasets/{dataset_id}"
        self.id = dataset_id
        self.name = name
        self.reviews_needed = reviews_needed

    @cached_property
    def questions(self) -> dict[str, str]:
        """The ids of its questions, by name."""
        return {each["name"]: each["id"] for each in self._server.request("GET", f"{self._path}/questions")["items"]}

    def need(self, reviews: int) -> None:
        """Have a record need so many submitted answers; raises ArgillaDatasetError where Argilla does not allow it."""
        if reviews != self.reviews_needed:
            distribution = {"strategy": "overlap", "min_submitted": reviews}
            self._server.request("PATCH", self._path, json={"distribution": distribution})
            self.reviews_needed = reviews

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write at most PAGE records; one whose `external_id` is there already is not made twice."""
        self._server.request("PUT", f"{self._path}/records/bulk", json={"items": list(records)})

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        """All records with the answers to them, oldest first, PAGE at a time."""
        offset = 0
        while True:
            params = {"include": "responses", "offset": offset, "limit": PAGE}
            page = self._server.request("GET", f"{self._path}/records", params=params)["items"]
            yield page
            if len(page) < PAGE:
                return
            offset += PAGE

    def count(self) -> int:
        """How many records it has."""
        return int(self._server.request("GET", f"{self._path}/progress")["total"])

    def completed(self) -> int:
        """How many records have all the answers they need."""
        return int(self._server.request("GET", f"{self._path}/progress")["completed"])


def connect(url: str, key: str) -> Argilla:
    """A connection to the Argilla at `url` with an owner's `key`.

    Raises ArgillaUnreachableError, ArgillaVersionError or ArgillaRefusedError.
    """
    url = url.rstrip("/")
    try:
        answer = httpx.get(f"{url}/api/v1/version", timeout=10, follow_redirects=True)
        version = str(answer.json()["version"])
        known = tuple(int(part) for part in version.split(".")[:2])
    except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise _unreachable(url, error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArgillaVersionError(
            f"what answers at {url} is no Argilla; nothing was done: give --argilla-url"
        ) from error
    if known[0] != OLDEST[0] or known < OLDEST:
        raise ArgillaVersionError(
            f"Argilla at {url} is version {version}, and we know {'.'.join(map(str, OLDEST))} and later ones of "
            f"{OLDEST[0]}; nothing was done"
        )
    try:
        client = rg.Argilla(api_url=url, api_key=key, timeout=int(_TIMEOUT_S), retries=0)
    except httpx.TransportError as error:
        raise _unreachable(url, error) from error
    except rg._exceptions.ArgillaError as error:
        raise ArgillaRefusedError(
            f"Argilla at {url} does not know the key; nothing was done. Next: set ARGILLA_API_KEY to an owner's"
        ) from error
    return Argilla(client, url)


def _unreachable(url: str, error: Exception) -> ArgillaUnreachableError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return ArgillaUnreachableError(
        f"Argilla at {url} does not answer ({reason}); what was done before is kept. "
        "Next: backmath review serve, or give --argilla-url"
    )


def _json(response: httpx.Response) -> Any:
    return response.json() if response.content else None
