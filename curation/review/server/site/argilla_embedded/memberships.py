"""Whether a user is a member of a workspace, asked of the database once a request.

Argilla asks it for each metadata value of each record that it shows an annotator: half the time of a page. The user is
read anew for each request, so what is remembered with it is never older than that.
"""

from uuid import UUID

from argilla_server.models import User

asked_of_the_database = User.is_member


async def is_member(user: User, workspace_id: UUID) -> bool:
    """Whether the user is a member of the workspace."""
    known: dict[UUID, bool] = user.__dict__.setdefault("known_memberships", {})
    if workspace_id not in known:
        known[workspace_id] = await asked_of_the_database(user, workspace_id)
    return known[workspace_id]


User.is_member = is_member
