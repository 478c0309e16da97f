"""What Argilla lets annotators see of each other and of hidden metadata, taken from them.

Argilla asks its policies who may call what; where they let every member of a workspace through, a dependency of the
route asks once more.
"""

from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated
from uuid import UUID

from argilla_server.api.routes import api_v1
from argilla_server.api.schemas.v1.records import MetadataFilterScope, SearchRecordsQuery
from argilla_server.database import get_async_db
from argilla_server.errors import ForbiddenOperationError
from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import MetadataProperty, User
from argilla_server.security import auth
from fastapi import Depends, Security
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

CurrentUser = Annotated[User, Security(auth.get_current_user)]
Database = Annotated[AsyncSession, Depends(get_async_db)]


async def not_for_annotators(current_user: CurrentUser) -> None:
    """Refuse annotators."""
    if current_user.is_annotator:
        raise ForbiddenOperationError()


async def by_visible_metadata(
    dataset_id: UUID, body: SearchRecordsQuery, current_user: CurrentUser, db: Database
) -> None:
    """Refuse to filter or sort by metadata that is hidden from the user, as if there were none of that name."""
    for name in set(_metadata_of(body)):
        found = await MetadataProperty.get_by(db, name=name, dataset_id=dataset_id)
        if found and not current_user.is_owner and current_user.role not in found.allowed_roles:
            raise UnprocessableEntityError(
                f"MetadataProperty not found filtering by name={name}, dataset_id={dataset_id}"
            )


def _metadata_of(query: SearchRecordsQuery) -> Iterator[str]:
    for part in (*(query.filters.and_ if query.filters else ()), *(query.sort or ())):
        if isinstance(part.scope, MetadataFilterScope):
            yield part.scope.metadata_property


_CLOSED: dict[tuple[str, str], Callable[..., Awaitable[None]]] = {
    ("GET", "/records/{record_id}"): not_for_annotators,  # everyone's answers, and all metadata
    ("GET", "/datasets/{dataset_id}/users/progress"): not_for_annotators,  # everyone's name and pace
    ("POST", "/me/datasets/{dataset_id}/records/search"): by_visible_metadata,
}


def narrow_permissions() -> None:
    """Put the dependencies in front of their routes. Raises LookupError where Argilla has no such route."""
    routes = {
        (method, route.path): route
        for route in api_v1.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    for place, dependency in _CLOSED.items():
        route = routes[place]
        route.dependant.dependencies.insert(
            0, get_parameterless_sub_dependant(depends=Depends(dependency), path=route.path_format)
        )
