"""What the tests stand on: real Postgres, the real Qdrant engine, a fake model behind the wire.

A fixture that is here means one thing in every folder; a folder's own have other names.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr

from app.db import Database
from app.embedded.postgres import EmbeddedPostgres
from app.embeddings.embedder import Embedder
from settings import Settings
from tests.support.databases import opened
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.knowledge import MAX_BYTES, Knowledge, open_knowledge
from tests.support.longest import rank
from tests.support.qdrant_double import QdrantDouble
from tests.support.queries import parsed_once
from tests.support.server import serve
from tests.support.shared import close_shared, shared_embedder
from tests.support.template import Template, execute
from tests.support.users import insert_people

pytest_plugins = ("tests.support.guards",)

# How long an example takes says more of what else runs on the machine than of the code.
hypothesis_settings.register_profile("any machine", deadline=None)
hypothesis_settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first; the others keep their order."""
    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def files_of_queries_are_parsed_once() -> Iterator[None]:
    """PugSQL parses each file of db/queries once, and not for every database that is opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pugsql.parser.parse", parsed_once())
        yield


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder for a Postgres of these tests.

    Not below pytest's own folder: any other pytest that starts closes that to other users, and
    Postgres is one for root.
    """
    with TemporaryDirectory(prefix="brag-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A Postgres for the whole session, which does not wait for the disk: it ends with the session.

    It is not below pytest's own folder either.
    """
    with TemporaryDirectory(prefix="brag-") as folder, EmbeddedPostgres(Path(folder)) as url:
        execute(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def template(postgres_url: str) -> Template:
    """The database of which every other is a copy."""
    return Template(postgres_url)


@pytest.fixture(scope="session")
def database_url(template: Template) -> Iterator[str]:
    """A migrated database that all tests share which put no documents in."""
    with template.copied() as url:
        yield url


@pytest.fixture
async def shared_database(database_url: str) -> AsyncIterator[Database]:
    """The database of `database_url`, opened, with little patience."""
    async with opened(database_url) as database:
        yield database


@pytest.fixture
def own_database_url(template: Template) -> Iterator[str]:
    """A migrated, empty database of the test's own: no other test's worker looks for jobs there.

    That worker would do the jobs, and put the vectors where only its own service looks.
    """
    with template.copied() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
async def shared_are_closed() -> AsyncIterator[None]:
    """What all tests share ends with the session."""
    yield
    await close_shared()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The packaged embedding model, loaded once."""
    return shared_embedder()


@pytest.fixture
async def fake_openai() -> AsyncIterator[FakeOpenAI]:
    """The model behind the wire: it echoes unless told otherwise."""
    async with FakeOpenAI() as fake:
        yield fake


SettingsFactory = Callable[..., Settings]


@pytest.fixture
def make_settings(
    own_database_url: str, fake_openai: FakeOpenAI, tmp_path: Path
) -> SettingsFactory:
    """Settings of a service whose parts are all there; any can be given anew.

    Its knowledge base is empty and the test's own; its model is `fake_openai`.
    """

    def make(**given: Any) -> Settings:
        defaults: dict[str, Any] = {
            "DATABASE_URL": own_database_url,
            "OPENAI_BASE_URL": fake_openai.url,
            "OPENAI_MODEL": "fake-model",
            "DATA_DIR": tmp_path / "data",
        }
        return Settings(**defaults | given)

    return make


@pytest.fixture
def settings(own_database_url: str, tmp_path: Path) -> Settings:
    """Settings of commands: a database and a DATA_DIR of the test's own, and no model."""
    (tmp_path / "data").mkdir()
    return Settings(
        DATABASE_URL=SecretStr(own_database_url),
        DATA_DIR=tmp_path / "data",
        MAX_DOCUMENT_BYTES=MAX_BYTES,
    )


@pytest.fixture
async def client(make_settings: SettingsFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service of the test's own, that of `make_settings`."""
    async with serve(make_settings()) as client:
        yield client


@pytest.fixture(scope="module")
async def shared_client(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of one service for the whole module: small documents only, and no model."""
    with template.copied() as url:
        settings = Settings(
            DATABASE_URL=SecretStr(url),
            DATA_DIR=tmp_path_factory.mktemp("shared"),
            OPENAI_BASE_URL=refusing_url(),
            MAX_DOCUMENT_BYTES=MAX_BYTES,
        )
        async with serve(settings) as client:
            yield client


@pytest.fixture
async def knowledge(
    own_database_url: str, embedder: Embedder, tmp_path: Path
) -> AsyncIterator[Knowledge]:
    """An empty knowledge base without a server: its jobs are done when a test says so."""
    settings = Settings(DATABASE_URL=SecretStr(own_database_url), DATA_DIR=tmp_path / "data")
    async with open_knowledge(settings, embedder) as knowledge:
        yield knowledge


@pytest.fixture
def qdrant(tmp_path: Path) -> Iterator[QdrantDouble]:
    """A Qdrant server that can go down."""
    with QdrantDouble(tmp_path / "qdrant") as double:
        yield double


@pytest.fixture
def people(own_database_url: str) -> None:
    """Ann and Bob, of tests.support.users, are users of the test's own database."""
    insert_people(own_database_url)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passages are committed at a time."""
    for module in ("pipeline", "transactions"):
        monkeypatch.setattr(f"app.documents.ingestion.{module}.EMBED_AT_ONCE", 2)
