"""What the tests of chat share: a knowledge base, a running service, and a check for leaks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from app.core.embeddings import Embedder
from settings import Settings
from tests.chat.knowledge import ingested
from tests.chat.outages import PATIENCE
from tests.conftest import SettingsFactory
from tests.fakes import FakeOpenAI
from tests.postgres_proxy import PostgresProxy
from tests.server import serve
from tests.template import Template
from tests.waiting import until


@pytest.fixture(scope="session")
def database_url(template: Template) -> Iterator[str]:
    """The database of that knowledge base: no worker of another store looks into its work table."""
    with template.copied() as url:
        yield url


@pytest.fixture(scope="session")
async def knowledge(
    database_url: str, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Path]:
    """A DATA_DIR whose knowledge base holds the documents of `tests.chat.knowledge`."""
    data_dir = tmp_path_factory.mktemp("knowledge")
    async with ingested(
        Settings(DATABASE_URL=SecretStr(database_url), DATA_DIR=data_dir), embedder
    ):
        yield data_dir


@pytest.fixture
def make_settings(make_settings: SettingsFactory, knowledge: Path) -> SettingsFactory:
    """Settings of a service with that knowledge base; one such service can run at a time."""
    return lambda **given: make_settings(**{"DATA_DIR": knowledge} | given)


@pytest.fixture(scope="module")
async def shared_openai() -> AsyncIterator[FakeOpenAI]:
    """The model behind the wire of `client`."""
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_settings(
    database_url: str, shared_openai: FakeOpenAI, knowledge: Path
) -> dict[str, Any]:
    """The settings of `client`, which a module may give anew."""
    return {
        "DATABASE_URL": database_url,
        "OPENAI_BASE_URL": shared_openai.url,
        "OPENAI_MODEL": "fake-model",
        "DATA_DIR": knowledge,
    }


@pytest.fixture(scope="module")
async def client(shared_settings: dict[str, Any]) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of one service for the whole module."""
    async with serve(Settings(**shared_settings)) as client:
        yield client


@pytest.fixture
async def network(database_url: str) -> AsyncIterator[PostgresProxy]:
    """The network between the application and Postgres."""
    async with PostgresProxy(database_url) as proxy:
        yield proxy


@pytest.fixture
def behind_network(make_settings: SettingsFactory, network: PostgresProxy) -> SettingsFactory:
    """Settings of a service with a single place behind that network."""
    defaults = {
        "DATABASE_URL": network.url,
        "DATABASE_TIMEOUT_SEC": PATIENCE,
        "MAX_CONCURRENT_GENERATIONS": 1,
    }
    return lambda **given: make_settings(**defaults | given)


@pytest.fixture(autouse=True)
async def no_leaks() -> AsyncIterator[None]:
    """A test leaves no task running, and nothing that asyncio would have to complain of."""
    loop, complaints = asyncio.get_running_loop(), list[Any]()
    before = asyncio.all_tasks()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    yield
    allowed = before | {asyncio.current_task()}
    with suppress(TimeoutError):
        await until(lambda: asyncio.all_tasks() <= allowed)
    loop.set_exception_handler(None)
    assert (asyncio.all_tasks() - allowed, complaints) == (set(), [])


@pytest.fixture
async def nothing_comes_of_it(client: httpx2.AsyncClient, shared_openai: FakeOpenAI) -> Any:
    """A refused request stores nothing and asks no model."""
    before = (await client.get("/v1/messages")).content
    count = len(shared_openai.requests)
    yield
    assert (await client.get("/v1/messages")).content == before
    assert len(shared_openai.requests) == count
