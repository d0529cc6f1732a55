"""What the tests of documents share: a database of each test's own, and one parsing process."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

import app.documents.worker
from app.core.embeddings import Embedder
from app.documents.parsing import Parser
from settings import Settings
from tests.conftest import SettingsFactory
from tests.documents.knowledge import MAX_BYTES, Knowledge, open_knowledge
from tests.fakes import refusing_url
from tests.qdrant_double import QdrantDouble
from tests.server import serve
from tests.template import Template


@pytest.fixture
def own_database_url(template: Template) -> Iterator[str]:
    """A migrated, empty database: no other test's worker looks into its work table."""
    with template.copied() as url:
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
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of one service for the whole module, which takes in small documents only."""
    with template.copied() as url:
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


@pytest.fixture
def settings(own_database_url: str, tmp_path: Path) -> Settings:
    """Settings of a database of its own, for commands that are run with them."""
    (tmp_path / "data").mkdir()
    return Settings(
        DATABASE_URL=SecretStr(own_database_url),
        DATA_DIR=tmp_path / "data",
        MAX_DOCUMENT_BYTES=MAX_BYTES,
    )


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passages are committed at a time."""
    monkeypatch.setattr("app.documents.ingestion.EMBED_AT_ONCE", 2)
