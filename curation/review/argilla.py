"""A running Argilla, reached by its address and an owner's key: wherever it runs, this is all we know of it."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx

from curation.errors import ArgillaDatasetError, ArgillaRefusedError, ArgillaUnreachableError, ArgillaVersionError
from curation.review.names import DATASETS, WORKSPACES
from curation.review.settings import settings
from schemas.review import ReviewStage

if TYPE_CHECKING:
    import argilla as rg

OLDEST = (2, 8)
"""The oldest version of Argilla that we know the interface of; a newer one of the same first number will do."""

PAGE = 500
"""Records read, and at the most written, with one request."""

_TRIES = 8
_FIRST_TRIES = 3
_LONGEST_WAIT_S = 4.0
_TIMEOUT_S = 60.0
_PATHS = {"metadata": "metadata-properties"}
_QUESTIONS = ("verdict", "category", "corrected_question", "corrected_answer", "wrong_step", "comment")


class Argilla:
    """A connection to a server of Argilla. Make one with `connect`.

    Every method raises ArgillaUnreachableError, ArgillaRefusedError or ArgillaDatasetError. Requests that can be
    repeated are, a few times, where the server fails or does not answer: all of ours can.
    """

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._key = key
        self._http = httpx.Client(base_url=url, headers={"X-Argilla-Api-Key": key}, timeout=_TIMEOUT_S)

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
        match = self._dataset_row(workspace, stage)
        if match is None or match["status"] != "ready":
            return None
        dataset = Dataset(self, match["id"], match["name"], match["distribution"]["min_submitted"])
        if missing := [question for question in _QUESTIONS if question not in dataset.questions]:
            raise ArgillaDatasetError(
                f"the dataset {dataset.name} at {self.url} has no question {missing[0]!r}: it was changed by hand; "
                "nothing was done. Next: rename it there, and `backmath review push` makes a new one"
            )
        return dataset

    def make_dataset(self, stage: ReviewStage, reviews_needed: int) -> "Dataset":
        """The dataset of the stage, made with its workspace where there is none; else left as it is.

        A making that was cut short goes on.
        """
        found = self.dataset(stage)
        if found is not None:
            return found
        if self._workspace_id(stage) is None:
            self.request("POST", "/api/v1/workspaces", json={"name": WORKSPACES[stage]}, there=True)
        workspace = self._workspace_id(stage)
        wanted = self._settings(stage, reviews_needed).serialize()
        described = {name: wanted[name] for name in ("guidelines", "allow_extra_metadata", "distribution")}
        described |= {"name": DATASETS[stage], "workspace_id": workspace}
        if self._dataset_row(workspace, stage) is None:
            self.request("POST", "/api/v1/datasets", json=described, there=True)
        draft = self._dataset_row(workspace, stage)
        if draft is not None:
            path = f"/api/v1/datasets/{draft['id']}"
            for part in ("fields", "questions", "metadata"):
                for each in wanted[part]:
                    self.request("POST", f"{path}/{_PATHS.get(part, part)}", json=each, there=True)
            self.request("PUT", f"{path}/publish", there=True)
        made = self.dataset(stage)
        if made is None:
            raise ArgillaDatasetError(f"the dataset {DATASETS[stage]} was deleted at {self.url} while it was made")
        return made

    def _settings(self, stage: ReviewStage, reviews_needed: int) -> "rg.Settings":
        """The settings of a dataset, as Argilla's own client checks them; it wants to be connected for that."""
        import argilla as rg

        for attempt in range(_TRIES):
            try:
                client = rg.Argilla(api_url=self.url, api_key=self._key)
                return settings(client, stage, reviews_needed)
            except (httpx.TransportError, rg._exceptions.ArgillaError) as error:
                if attempt == _TRIES - 1:
                    raise _unreachable(self.url, error) from error
                _pause(attempt)
        raise AssertionError("the last try returns or raises")

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: object = None,
        tries: int = _TRIES,
        there: bool = False,
    ) -> Any:
        """One request, repeated where the server fails; what it answers, read as JSON.

        With `there`, that what is to be made is there already is no error: an earlier try may have made it.
        """
        for attempt in range(tries):
            last = attempt == tries - 1
            try:
                response = self._http.request(method, path, params=params, json=json)
            except httpx.TransportError as error:
                if last or (isinstance(error, httpx.ConnectError) and attempt >= _FIRST_TRIES):
                    raise _unreachable(self.url, error) from error
            else:
                if response.is_success:
                    return _json(response)
                if there and response.status_code == 409:
                    return None
                if last or not (response.status_code >= 500 or response.status_code == 429):
                    raise self._refused(response)
            _pause(attempt)
        raise AssertionError("the last try returns or raises")

    def _workspace_id(self, stage: ReviewStage) -> str | None:
        found = self.request("GET", "/api/v1/me/workspaces")["items"]
        return next((each["id"] for each in found if each["name"] == WORKSPACES[stage]), None)

    def _dataset_row(self, workspace: str | None, stage: ReviewStage) -> dict[str, Any] | None:
        """The dataset of the stage as Argilla describes it, were it a draft whose making was cut short."""
        found = self.request("GET", "/api/v1/me/datasets", params={"workspace_id": workspace})["items"]
        return next((each for each in found if each["name"] == DATASETS[stage]), None)

    def _refused(self, response: httpx.Response) -> Exception:
        code, detail = response.status_code, " ".join(response.text.split())[:200]
        if code in (401, 403):
            return ArgillaRefusedError(
                f"Argilla at {self.url} does not know the key, or it is no owner's ({code}); what was done before is "
                "kept. Next: set ARGILLA_API_KEY to an owner's"
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


def connect(url: str, key: str) -> Argilla:
    """A connection to the Argilla at `url` with an owner's `key`.

    Raises ArgillaUnreachableError, ArgillaVersionError or ArgillaRefusedError.
    """
    url = url.rstrip("/")
    no_argilla = f"what answers at {url} is no Argilla; nothing was done. Next: --argilla-url"
    try:
        server = Argilla(url, key)
        answer = server.request("GET", "/api/v1/version", tries=_FIRST_TRIES)
    except httpx.InvalidURL as error:
        raise _unreachable(url, error) from error
    except (ArgillaDatasetError, ValueError) as error:
        raise ArgillaVersionError(no_argilla) from error
    try:
        version = str(answer["version"])
        known = tuple(int(part) for part in version.split(".")[:2])
    except (ValueError, KeyError, TypeError) as error:
        raise ArgillaVersionError(no_argilla) from error
    if len(known) < 2:
        raise ArgillaVersionError(no_argilla)
    if known[0] != OLDEST[0] or known < OLDEST:
        raise ArgillaVersionError(
            f"Argilla at {url} is version {version}, and we know {'.'.join(map(str, OLDEST))} and later ones of "
            f"{OLDEST[0]}; nothing was done"
        )
    if server.request("GET", "/api/v1/me")["role"] != "owner":
        raise ArgillaRefusedError(
            f"the key is of a user of Argilla at {url} who is no owner; nothing was done. Next: set ARGILLA_API_KEY"
        )
    return server


def _pause(attempt: int) -> None:
    time.sleep(min(_LONGEST_WAIT_S, 0.25 * 2**attempt) * random.uniform(0.5, 1))


def _unreachable(url: str, error: Exception) -> ArgillaUnreachableError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return ArgillaUnreachableError(
        f"Argilla at {url} does not answer ({reason}); what was done before is kept. "
        "Next: backmath review serve, or give --argilla-url"
    )


def _json(response: httpx.Response) -> Any:
    return response.json() if response.content else None
