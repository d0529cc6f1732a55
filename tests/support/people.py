"""People who are logged in, as clients of a service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from app.db import Database
from app.users.cookies import SessionCookie
from app.users.login import LoginService
from app.users.models import LoginConsumption
from app.users.secret_key import load_secret_key
from app.users.tokens import TokenHasher
from settings import Settings
from tests.support.databases import opened
from tests.support.psql import url_of
from tests.support.server import connect


async def login_token(settings: Settings, email: str) -> str:
    """The token of a magic link that is not mailed."""
    async with opened(url_of(settings)) as database:
        logins = await login_service(database, settings)
        return await token_of(logins, email)


async def login_service(database: Database, settings: Settings) -> LoginService:
    """Makes links as the service with these settings does."""
    hasher = TokenHasher(await asyncio.to_thread(load_secret_key, settings))
    return LoginService(database, hasher, settings)


async def token_of(logins: LoginService, email: str) -> str:
    """The token of a new link, which is not mailed."""
    link, _ = await logins.link(email)
    return link.partition("#token=")[2]


@asynccontextmanager
async def logged_in(
    settings: Settings, client: httpx2.AsyncClient, email: str
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the same service that has a session of this user."""
    async with logged_in_by(client, await login_token(settings, email)) as person:
        yield person


@asynccontextmanager
async def logged_in_by(client: httpx2.AsyncClient, token: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the same service that has come by the link of this token."""
    async with connect(str(client.base_url)) as person:
        response = await person.post("/v1/login/consume", json={"token": token})
        assert response.status_code == 200, response.text
        yield person


async def make_key(person: httpx2.AsyncClient, **given: object) -> str:
    """A new API key of somebody who is logged in."""
    response = await person.post("/v1/api-keys", json={"name": "test"} | given)
    assert response.status_code == 201, response.text
    key: str = response.json()["key"]
    return key


def bearer(key: str) -> dict[str, str]:
    """The header of a request with a key."""
    return {"Authorization": f"Bearer {key}"}


async def session_cookie(settings: Settings, email: str) -> str:
    """The cookie of a session of this user, who is made for it."""
    token = await login_token(settings, email)
    async with opened(url_of(settings)) as database:
        login = await login_service(database, settings)
        _, session = await login.consume(LoginConsumption(token=token))
    return f"{SessionCookie(settings).name}={session}"
