"""A small service, and the database in which it keeps its keys; Ann and Bob are its users."""

from collections.abc import AsyncIterator

import pytest

from app.db import Database
from app.idempotency.services import IdempotencyService
from tests.idempotency.service import Service, open_service
from tests.support.databases import opened


@pytest.fixture
async def database(own_database_url: str, people: None) -> AsyncIterator[Database]:
    """The database of the test's own."""
    async with opened(own_database_url) as database:
        yield database


@pytest.fixture
async def service(database: Database, own_database_url: str) -> AsyncIterator[Service]:
    """The service behind a real server."""
    async with open_service(database, own_database_url) as service:
        yield service


@pytest.fixture
def keys(database: Database) -> IdempotencyService:
    """The service of keys."""
    return IdempotencyService(database)
