"""Which vector store the settings ask for."""

import asyncio
from pathlib import Path

import pytest

from app.vector_store.edge.store import EdgeVectorStore
from app.vector_store.factory import create_vector_store, is_free, open_vector_store
from app.vector_store.qdrant.store import QdrantVectorStore
from settings import Settings
from tests.support.points import DIMENSIONS, point
from tests.support.qdrant_double import QdrantDouble


class TestCreateVectorStore:
    async def test_without_a_server_vectors_are_in_the_process(self, tmp_path: Path) -> None:
        """Without a server the vectors are in the process, under DATA_DIR."""
        store = await create_vector_store(Settings(DATA_DIR=tmp_path), DIMENSIONS)
        assert isinstance(store, EdgeVectorStore)
        assert (tmp_path / "qdrant" / "demo").is_dir()
        await store.close()

    async def test_url_puts_vectors_on_the_server(
        self, qdrant: QdrantDouble, tmp_path: Path
    ) -> None:
        """With QDRANT_URL the vectors are on that server, and nothing is under DATA_DIR."""
        settings = Settings(QDRANT_URL=qdrant.url, DATA_DIR=tmp_path / "data")
        store = await create_vector_store(settings, DIMENSIONS)
        assert isinstance(store, QdrantVectorStore)
        assert not (tmp_path / "data").exists()
        await store.close()

    async def test_host_puts_vectors_on_the_server(self, qdrant: QdrantDouble) -> None:
        """With QDRANT_HOST the vectors are on the server of that name."""
        host, port = qdrant.url.removeprefix("http://").split(":")
        store = await create_vector_store(
            Settings(QDRANT_HOST=host, QDRANT_PORT=int(port)), DIMENSIONS
        )
        assert isinstance(store, QdrantVectorStore)
        assert qdrant.requests
        await store.close()


async def write_and_fail(settings: Settings) -> None:
    """A block that fails after it has written a point."""
    async with open_vector_store(settings, DIMENSIONS) as store:
        await store.upsert([point(1)])
        raise LookupError


class TestOpenVectorStore:
    async def test_store_is_closed_after_an_error(self, tmp_path: Path) -> None:
        """After an error in the block the store is closed: the next process can open it."""
        settings = Settings(DATA_DIR=tmp_path)
        with pytest.raises(LookupError):
            await write_and_fail(settings)
        async with open_vector_store(settings, DIMENSIONS) as store:
            assert await store.count() == 1


class TestIsFree:
    async def test_held_vectors_are_not_free(self, tmp_path: Path) -> None:
        """The vectors under DATA_DIR are free unless a process holds them."""
        settings = Settings(DATA_DIR=tmp_path)
        assert await asyncio.to_thread(is_free, settings)
        async with open_vector_store(settings, DIMENSIONS):
            assert not await asyncio.to_thread(is_free, settings)
        assert await asyncio.to_thread(is_free, settings)
