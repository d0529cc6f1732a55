"""A service that is reached by MCP, and two people who use it."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from pydantic import SecretStr

from settings import Settings
from tests.support.fake_openai import refusing_url
from tests.support.people import logged_in
from tests.support.server import serve
from tests.support.template import Template


@pytest.fixture(scope="module")
async def mcp_settings(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Settings]:
    """The settings of a service with MCP and AUTH_REQUIRED, for the whole module."""
    with template.copied() as url:
        yield Settings(
            DATABASE_URL=SecretStr(url),
            DATA_DIR=tmp_path_factory.mktemp("mcp"),
            OPENAI_BASE_URL=refusing_url(),
            AUTH_REQUIRED=True,
            RATE_LIMIT_PER_MINUTE=10_000,
            MCP_ENABLED=True,
        )


@pytest.fixture(scope="module")
async def mcp_service(mcp_settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of it without a session."""
    async with serve(mcp_settings) as client:
        yield client


@pytest.fixture(scope="module")
async def ann(
    mcp_settings: Settings, mcp_service: httpx2.AsyncClient
) -> AsyncIterator[httpx2.AsyncClient]:
    """Ann, logged in."""
    async with logged_in(mcp_settings, mcp_service, "ann@example.com") as person:
        yield person


@pytest.fixture(scope="module")
async def bob(
    mcp_settings: Settings, mcp_service: httpx2.AsyncClient
) -> AsyncIterator[httpx2.AsyncClient]:
    """Bob, logged in."""
    async with logged_in(mcp_settings, mcp_service, "bob@example.com") as person:
        yield person
