"""What the tests of documents share: a database of each test's own, and one parsing process."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import psycopg2
import pytest
from pydantic import SecretStr

import app.documents.worker
from app.core.embeddings import Embedder
from app.documents.parsing import Parser
from app.embedded.migrations import migrate
from settings import Settings
from tests.conftest import SettingsFactory
from tests.documents.knowledge import MAX_BYTES, Knowledge, open_knowledge
from tests.fakes import refusing_url
from tests.qdrant_double import QdrantDouble
from tests.server import serve


@pytest.fixture(scope="session")
def template(database_url: str) -> str:
    """The name of a migrated database to which nobody is connected: others are copies of it."""
    migrate(_create_database(database_url, "documents"))
    return "documents"


@pytest.fixture
def own_database_url(database_url: str, template: str) -> Iterator[str]:
    """A migrated, empty database: no other test's worker looks into its work table."""
    with _copied(database_url, template) as url:
        yield url


@pytest.fixture
def make_settings(make_settings: SettingsFactory, own_database_url: str) -> SettingsFactory:
    """Settings of a service with a knowledge base that is empty and nobody else's."""
    return lambda **given: make_settings(**{"DATABASE_URL": own_database_url} | given)


@pytest.fixture(scope="session")
async def parser(embedder: Embedder) -> AsyncIterator[Parser]:
    """A parsing process for the whole session: starting one takes longer than most tests."""
    parser = Parser(embedder.tokenizer)
    yield parser
    await parser.close()


@pytest.fixture(scope="session", autouse=True)
def one_parser(parser: Parser) -> Iterator[None]:
    """Workers share that process and leave it to the session to end it."""

    async def keep() -> None: ...

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser, "close", keep)
        patch.setattr(app.documents.worker, "Parser", lambda _: parser)
        yield


@pytest.fixture(scope="module")
async def shared_client(
    database_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of one service for the whole module, which takes in small documents only."""
    with _copied(database_url, template) as url:
        settings = Settings(
            DATABASE_URL=SecretStr(url),
            DATA_DIR=tmp_path_factory.mktemp("documents"),
            OPENAI_BASE_URL=refusing_url(),
            MAX_DOCUMENT_BYTES=MAX_BYTES,
        )
        async with serve(settings) as client:
            yield client


@pytest.fixture
async def knowledge(
    own_database_url: str, embedder: Embedder, tmp_path: Path
) -> AsyncIterator[Knowledge]:
    """An empty knowledge base whose work is done when a test says so."""
    settings = Settings(DATABASE_URL=SecretStr(own_database_url), DATA_DIR=tmp_path / "data")
    async with open_knowledge(settings, embedder) as knowledge:
        yield knowledge


@pytest.fixture
def qdrant(tmp_path: Path) -> Iterator[QdrantDouble]:
    """A Qdrant server that can go down."""
    with QdrantDouble(tmp_path / "qdrant") as double:
        yield double


@contextmanager
def _copied(server_url: str, template: str) -> Iterator[str]:
    name = f"documents_{uuid4().hex}"
    yield _create_database(server_url, name, f'TEMPLATE "{template}"')
    _execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _create_database(server_url: str, name: str, how: str = "") -> str:
    _execute(server_url, f'CREATE DATABASE "{name}" {how}')
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
