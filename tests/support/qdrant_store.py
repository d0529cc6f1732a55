"""A store on a Qdrant server that asks for a key, and another client of that server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from pydantic import SecretStr
from qdrant_client import AsyncQdrantClient

from app.vector_store.base import SearchFilter, VectorStore
from app.vector_store.factory import create_vector_store
from settings import Settings
from tests.support.points import DIMENSIONS, asked, axis
from tests.support.qdrant_double import QdrantDouble

KEY: Final = SecretStr("the-key")
PATIENCE_SEC: Final = 20.0  # of tests that do not look at the clock


async def open_store(double: QdrantDouble, **changed: Any) -> VectorStore:
    """A store on the server."""
    settings = Settings(QDRANT_URL=double.url, QDRANT_API_KEY=KEY, QDRANT_TIMEOUT_SEC=PATIENCE_SEC)
    return await create_vector_store(settings.model_copy(update=changed), DIMENSIONS)


@asynccontextmanager
async def somebody_else(double: QdrantDouble) -> AsyncIterator[AsyncQdrantClient]:
    """A client of the same server that is not bRAG."""
    headers = {"api-key": KEY.get_secret_value()}
    client = AsyncQdrantClient(double.url, headers=headers, check_compatibility=False)
    yield client
    await client.close()


async def search(store: VectorStore) -> int:
    """Asks something; the number of candidates."""
    return len(await store.query(asked(axis(1), "fox"), SearchFilter(), candidates=5))
