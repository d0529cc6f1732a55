"""What the tests of chat share: a knowledge base, a running service, and a check for leaks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from app.embeddings.embedder import Embedder
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.chat_knowledge import ingested
from tests.support.fake_openai import FakeOpenAI
from tests.support.outages import PATIENCE
from tests.support.postgres_proxy import PostgresProxy
from tests.support.server import serve
from tests.support.template import Template
from tests.support.waiting import until


@pytest.fixture(scope="session")
def chat_database_url(template: Template) -> Iterator[str]:
    """The database of the knowledge base: no worker of another store looks for jobs there."""
    with template.copied() as url:
        yield url


@pytest.fixture(scope="session")
async def chat_data_dir(
    chat_database_url: str, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Path]:
    """A DATA_DIR whose knowledge base holds the documents of `tests.support.chat_knowledge`."""
    data_dir = tmp_path_factory.mktemp("chat")
    async with ingested(
        Settings(DATABASE_URL=SecretStr(chat_database_url), DATA_DIR=data_dir), embedder
    ):
        yield data_dir


@pytest.fixture
def make_chat_settings(
    chat_database_url: str, chat_data_dir: Path, fake_openai: FakeOpenAI
) -> SettingsFactory:
    """Settings of a service with that knowledge base; one such service can run at a time."""
    defaults = chat_settings(chat_database_url, chat_data_dir, fake_openai)
    return lambda **given: Settings(**defaults | given)


@pytest.fixture(scope="module")
async def shared_openai() -> AsyncIterator[FakeOpenAI]:
    """The model behind the wire of `chat_client`."""
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_settings(
    chat_database_url: str, chat_data_dir: Path, shared_openai: FakeOpenAI
) -> dict[str, Any]:
    """The settings of `chat_client`, which a module may give anew."""
    return chat_settings(chat_database_url, chat_data_dir, shared_openai)


@pytest.fixture(scope="module")
async def chat_client(shared_settings: dict[str, Any]) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of one service for the whole module, with that knowledge base and a model."""
    async with serve(Settings(**shared_settings)) as client:
        yield client


def chat_settings(database_url: str, data_dir: Path, fake: FakeOpenAI) -> dict[str, Any]:
    """What every service of these tests is set to, unless a test says otherwise."""
    return {
        "DATABASE_URL": database_url,
        "OPENAI_BASE_URL": fake.url,
        "OPENAI_MODEL": "fake-model",
        "DATA_DIR": data_dir,
    }


@pytest.fixture
async def network(chat_database_url: str) -> AsyncIterator[PostgresProxy]:
    """The network between the application and Postgres."""
    async with PostgresProxy(chat_database_url) as proxy:
        yield proxy


@pytest.fixture
def behind_network(make_chat_settings: SettingsFactory, network: PostgresProxy) -> SettingsFactory:
    """Settings of a service with a single place behind that network."""
    defaults = {
        "DATABASE_URL": network.url,
        "DATABASE_TIMEOUT_SEC": PATIENCE,
        "MAX_CONCURRENT_GENERATIONS": 1,
    }
    return lambda **given: make_chat_settings(**defaults | given)


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
async def nothing_comes_of_it(
    chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
) -> AsyncIterator[None]:
    """A refused request stores nothing and asks no model."""
    before = (await chat_client.get("/v1/messages")).content
    count = len(shared_openai.requests)
    yield
    assert (await chat_client.get("/v1/messages")).content == before
    assert len(shared_openai.requests) == count


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that says nothing for a moment is dead."""
    monkeypatch.setattr("app.chat.processes.BEAT_SEC", 0.05)
    monkeypatch.setattr("app.chat.processes.LEASE_SEC", 1.0)
