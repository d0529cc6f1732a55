"""What the tests of core share: one folder for the vectors of all services, and one service."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from settings import Settings
from tests.conftest import SettingsFactory
from tests.fakes import refusing_url
from tests.server import serve


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DATA_DIR for every service of these tests: a new one takes a second to make."""
    return tmp_path_factory.mktemp("core")


@pytest.fixture
def make_settings(make_settings: SettingsFactory, data_dir: Path) -> SettingsFactory:
    """Settings of a service with an empty knowledge base; one such service can run at a time."""
    return lambda **given: make_settings(**{"DATA_DIR": data_dir} | given)


@pytest.fixture(scope="session")
async def client(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of one service for all tests that ask no model and need no settings."""
    settings = Settings(
        DATABASE_URL=SecretStr(database_url),
        OPENAI_BASE_URL=refusing_url(),
        DATA_DIR=tmp_path_factory.mktemp("client"),
    )
    async with serve(settings) as client:
        yield client
