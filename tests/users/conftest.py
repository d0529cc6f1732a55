"""A service that needs to know who asks, and two people who use it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from pydantic import SecretStr

from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.fake_openai import refusing_url
from tests.support.people import logged_in
from tests.support.server import serve
from tests.support.template import Template


@pytest.fixture
def guarded(make_settings: SettingsFactory) -> Settings:
    """Settings of a service with AUTH_REQUIRED."""
    return make_settings(AUTH_REQUIRED=True, RATE_LIMIT_PER_MINUTE=0)


@pytest.fixture
async def nobody(guarded: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the service of `guarded`, without a session."""
    async with serve(guarded) as client:
        yield client


@pytest.fixture(scope="module")
async def shared_guarded(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Settings]:
    """Settings with AUTH_REQUIRED for a whole module: a database of its own, and no model."""
    with template.copied() as url:
        yield Settings(
            DATABASE_URL=SecretStr(url),
            DATA_DIR=tmp_path_factory.mktemp("guarded"),
            OPENAI_BASE_URL=refusing_url(),
            AUTH_REQUIRED=True,
            RATE_LIMIT_PER_MINUTE=0,
        )


@pytest.fixture(scope="module")
async def stranger(shared_guarded: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the service of `shared_guarded`, without a session."""
    async with serve(shared_guarded) as client:
        yield client


@pytest.fixture(scope="module")
async def carol(
    shared_guarded: Settings, stranger: httpx2.AsyncClient
) -> AsyncIterator[httpx2.AsyncClient]:
    """Carol, logged in there."""
    async with logged_in(shared_guarded, stranger, "carol@example.com") as person:
        yield person


@pytest.fixture
async def ann(guarded: Settings, nobody: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """Ann, logged in."""
    async with logged_in(guarded, nobody, "ann@example.com") as person:
        yield person


@pytest.fixture
async def bob(guarded: Settings, nobody: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """Bob, logged in."""
    async with logged_in(guarded, nobody, "bob@example.com") as person:
        yield person
