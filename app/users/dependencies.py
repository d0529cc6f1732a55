"""Providers of the endpoints of people and keys."""

from typing import Annotated

from fastapi import Depends, Request

from app.users.credentials import Credentials
from app.users.login import LoginService
from app.users.mails import LoginMailQueue
from app.users.services import ApiKeyService, UserService


async def get_logins(request: Request) -> LoginService:
    """What starts sessions."""
    logins: LoginService = request.state.logins
    return logins


async def get_login_mails(request: Request) -> LoginMailQueue:
    """The queue of mails with links."""
    login_mails: LoginMailQueue = request.state.login_mails
    return login_mails


async def get_users(request: Request) -> UserService:
    """The users."""
    users: UserService = request.state.users
    return users


async def get_api_keys(request: Request) -> ApiKeyService:
    """The API keys of users."""
    api_keys: ApiKeyService = request.state.api_keys
    return api_keys


async def get_credentials(request: Request) -> Credentials:
    """What looks up the callers of sessions and keys."""
    credentials: Credentials = request.state.credentials
    return credentials


CredentialsDependency = Annotated[Credentials, Depends(get_credentials)]
LoginServiceDependency = Annotated[LoginService, Depends(get_logins)]
LoginMailQueueDependency = Annotated[LoginMailQueue, Depends(get_login_mails)]
UserServiceDependency = Annotated[UserService, Depends(get_users)]
ApiKeyServiceDependency = Annotated[ApiKeyService, Depends(get_api_keys)]
