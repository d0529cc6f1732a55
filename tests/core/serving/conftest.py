"""The small application behind the protocol that the service has."""

from collections.abc import AsyncIterator

import pytest

from tests.support.server import serve_app
from tests.support.wire import Echo


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[str]:
    """Its URL."""
    async with serve_app(Echo()) as url:
        yield url
