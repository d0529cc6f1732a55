"""Providers of the endpoints of people and keys."""

from typing import Annotated

from fastapi import Depends, Request

from app.users.credentials import Credentials
from app.users.login import LoginService
from app.users.mails import LoginMails
from app.users.services import ApiKeyService, UserService


async def get_logins(request: Request) -> LoginService:
    """What lets people in."""
    logins: LoginService = request.state.logins
    return logins


async def get_login_mails(request: Request) -> LoginMails:
    """What has links mailed."""
    login_mails: LoginMails = request.state.login_mails
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
    """What knows callers by what they send."""
    credentials: Credentials = request.state.credentials
    return credentials


CredentialsDependency = Annotated[Credentials, Depends(get_credentials)]
LoginServiceDependency = Annotated[LoginService, Depends(get_logins)]
LoginMailsDependency = Annotated[LoginMails, Depends(get_login_mails)]
UserServiceDependency = Annotated[UserService, Depends(get_users)]
ApiKeyServiceDependency = Annotated[ApiKeyService, Depends(get_api_keys)]
