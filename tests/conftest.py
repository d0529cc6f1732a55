"""What the tests stand on: real Postgres, the real Qdrant engine, a fake model behind the wire."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from sqlalchemy import Engine, event

import app.main
from app.core.embeddings import Embedder, create_embedder
from app.embedded.postgres import EmbeddedPostgres
from settings import Settings
from tests.fakes import FakeOpenAI
from tests.server import serve
from tests.template import Template, execute


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> Iterator[None]:
    """The settings of the tests are theirs, whatever this machine's environment holds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name, raising=False)
        patch.setitem(Settings.model_config, "env_file", None)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_sql_on_the_event_loop() -> Iterator[None]:
    """SQL in a thread that runs an event loop is an error: psycopg2 is C, BlockBuster misses it."""
    event.listen(Engine, "before_cursor_execute", _refuse_in_event_loop)
    yield
    event.remove(Engine, "before_cursor_execute", _refuse_in_event_loop)


def _refuse_in_event_loop(*_: object) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise AssertionError("SQL on the event loop")


@pytest.fixture(autouse=True)
def no_blocking_of_the_event_loop() -> Iterator[BlockBuster]:
    """A blocking call in a thread that runs an event loop is an error."""
    with blockbuster_ctx("app") as blockbuster:
        yield blockbuster


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
    """A migrated database, which tests share; where they put in documents they have their own.

    The work of ingesting is done by whichever worker comes first: that of another test's service
    would put the vectors where that other service looks.
    """
    with template.copied() as url:
        yield url


@pytest.fixture(scope="session")
def embedder() -> Iterator[Embedder]:
    """The packaged embedding model, loaded once."""
    embedder = create_embedder(Settings())
    yield embedder
    embedder.close()


@pytest.fixture
async def fake_openai() -> AsyncIterator[FakeOpenAI]:
    """The model behind the wire: it echoes unless told otherwise."""
    async with FakeOpenAI() as fake:
        yield fake


SettingsFactory = Callable[..., Settings]


@pytest.fixture
def make_settings(database_url: str, fake_openai: FakeOpenAI, tmp_path: Path) -> SettingsFactory:
    """Settings of a service whose parts are all there; any can be given anew."""

    def make(**given: Any) -> Settings:
        defaults: dict[str, Any] = {
            "DATABASE_URL": database_url,
            "OPENAI_BASE_URL": fake_openai.url,
            "OPENAI_MODEL": "fake-model",
            "DATA_DIR": tmp_path / "data",
        }
        return Settings(**defaults | given)

    return make


@pytest.fixture(scope="session", autouse=True)
def one_embedder(embedder: Embedder) -> Iterator[None]:
    """Applications share the loaded model: loading it for each would take half the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.main, "create_embedder", lambda _: embedder)
        patch.setattr(embedder, "close", lambda: None)
        yield


@pytest.fixture
def own_embedder(monkeypatch: pytest.MonkeyPatch) -> Embedder:
    """The embedder of this test's own service."""
    embedder = create_embedder(Settings())
    monkeypatch.setattr(app.main, "create_embedder", lambda _: embedder)
    return embedder


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """An application logs to the standard error of its own test, not to that of a later one."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
async def client(make_settings: SettingsFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the running service."""
    async with serve(make_settings()) as client:
        yield client
