"""What the tests of jobs share: a job table without documents."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from app.db import open_database
from settings import Settings
from tests.support.job_table import JobTable


@pytest.fixture
async def jobs(own_database_url: str) -> AsyncIterator[JobTable]:
    """An empty job table."""
    settings = Settings(DATABASE_URL=SecretStr(own_database_url))
    async with open_database(settings) as database:
        yield JobTable(settings, database)
