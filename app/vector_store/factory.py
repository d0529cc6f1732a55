"""Which vector store the settings ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from app.core.folders import make_private
from app.core.locks import DirectoryLock
from app.vector_store.base import DenseVector, VectorStore
from settings import Settings


@asynccontextmanager
async def open_vector_store(settings: Settings, dimensions: int) -> AsyncIterator[VectorStore]:
    """The store of QDRANT_URL or QDRANT_HOST, else Qdrant Edge under DATA_DIR; closed at the end.

    Raises ConfigurationError if the collection is another model's, StoreHeld if another process
    has it.
    """
    store = await create_vector_store(settings, dimensions)
    try:
        yield store
    finally:
        await store.close()


async def create_vector_store(settings: Settings, dimensions: int) -> VectorStore:
    """That store, to be closed by the caller."""
    dense = DenseVector.of_model(settings.EMBEDDING_MODEL, dimensions)
    if settings.QDRANT_URL or settings.QDRANT_HOST:
        # The client takes a second to import and 100 MB: a process without a server is spared.
        from app.vector_store.qdrant.store import QdrantVectorStore

        return await QdrantVectorStore.open(settings, dense)
    from app.vector_store.edge.store import EdgeVectorStore

    return await EdgeVectorStore.open(_edge_path(settings), dense)


def is_free(settings: Settings) -> bool:
    """Whether no process holds the vectors under DATA_DIR; a moment later one may."""
    path = _edge_path(settings)
    make_private(path)
    lock = DirectoryLock(path)
    try:
        return lock.try_take()
    finally:
        lock.release()


def held_index_uuid(settings: Settings) -> UUID:
    """Which index a server on this machine holds under DATA_DIR."""
    from app.vector_store.edge.folder import EdgeFolder

    return EdgeFolder(_edge_path(settings)).read_uuid()


def _edge_path(settings: Settings) -> Path:
    return settings.DATA_DIR / "qdrant" / settings.QDRANT_COLLECTION_NAME
