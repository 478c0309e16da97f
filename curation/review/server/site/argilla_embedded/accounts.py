"""The accounts of Argilla: as they are in the credentials file, whatever was in the database."""

from typing import Any

from argilla_server.contexts import accounts
from argilla_server.database import AsyncSessionLocal, async_engine
from argilla_server.enums import UserRole
from argilla_server.models import User, Workspace, WorkspaceUser
from sqlalchemy.ext.asyncio import AsyncSession


async def make_accounts(wanted: list[dict[str, Any]]) -> None:
    """Make or mend each account with its role, password, key and workspaces; others stay as they are."""
    async with AsyncSessionLocal() as db:
        for account in wanted:
            user = await make_user(db, account)
            for name in account["workspaces"]:
                workspace = await Workspace.get_by(db, name=name) or await Workspace.create(db, name=name)
                if await WorkspaceUser.get_by(db, workspace_id=workspace.id, user_id=user.id) is None:
                    await WorkspaceUser.create(db, workspace_id=workspace.id, user_id=user.id)
    await async_engine.dispose()  # its connections belong to this event loop, and the server has another


async def make_user(db: AsyncSession, account: dict[str, Any]) -> User:
    """The account's user."""
    role, password, api_key = UserRole(account["role"]), account["password"], account["api_key"]
    user = await User.get_by(db, username=account["username"])
    if user is None:
        return await User.create(
            db,
            username=account["username"],
            first_name=account["username"],
            role=role,
            password_hash=accounts.hash_password(password),
            api_key=api_key,
        )
    if not accounts.verify_password(password, user.password_hash):
        user.password_hash = accounts.hash_password(password)
    user.role, user.api_key = role, api_key
    return await user.save(db)
