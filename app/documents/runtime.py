"""What the command line opens: Postgres, and a worker where this process may have the vectors."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.command_line import open_any_database
from app.core.background import background
from app.core.exceptions import ConfigurationError, RetrievalUnavailable
from app.db import Database
from app.documents.console import say
from app.documents.constants import TAKE_OVER_SEC
from app.documents.index_version import upgrade_index, upgrade_index_when_possible
from app.documents.ingestion.worker import open_worker
from app.embeddings.embedder import Embedder, open_embedder
from app.jobs.worker import Worker
from app.vector_store.base import VectorStore
from app.vector_store.exceptions import StoreHeld
from app.vector_store.factory import is_free, open_vector_store
from settings import Settings


@dataclass(frozen=True)
class Index:
    """The vectors, what makes them, and a worker that brings them up to date."""

    embedder: Embedder
    store: VectorStore
    worker: Worker


@asynccontextmanager
async def open_index(
    settings: Settings, database: Database, embedder: Embedder
) -> AsyncIterator[Index | None]:
    """The vectors and a worker on them; None where a server on this machine holds them."""
    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(
                open_vector_store(settings, embedder.dimensions)
            )
        except StoreHeld:
            yield None
            return
        worker = await stack.enter_async_context(open_worker(database, embedder, store))
        collection = settings.QDRANT_COLLECTION_NAME
        try:
            await upgrade_index(database, store, collection)
        except RetrievalUnavailable:
            upgrading = upgrade_index_when_possible(database, store, collection, worker.wake)
            await stack.enter_async_context(background(upgrading))
        yield Index(embedder, store, worker)


@asynccontextmanager
async def open_knowledge(settings: Settings) -> AsyncIterator[tuple[Database, Index | None]]:
    """The knowledge base of the settings: its database, and its index as `open_index` gives it."""
    async with _open_parts(settings) as (_, database, index):
        yield database, index


@asynccontextmanager
async def open_workplace(settings: Settings) -> AsyncIterator[tuple[Database, Index | None]]:
    """The knowledge base, and a worker meanwhile: ours, or that of the server with the index."""
    async with _open_parts(settings) as (embedder, database, index):
        work = index.worker.run() if index else _take_over(settings, database, embedder)
        async with background(work):
            yield database, index


@asynccontextmanager
async def _open_parts(
    settings: Settings,
) -> AsyncIterator[tuple[Embedder, Database, Index | None]]:
    async with (
        open_embedder(settings) as embedder,
        open_any_database(settings) as database,
        open_index(settings, database, embedder) as index,
    ):
        yield embedder, database, index


async def _take_over(settings: Settings, database: Database, embedder: Embedder) -> None:
    """Works once the server that held the vectors has ended, and does not start again at once."""
    free = False
    while True:
        await asyncio.sleep(TAKE_OVER_SEC)
        try:
            was_free, free = free, await asyncio.to_thread(is_free, settings)
            if was_free and free:
                async with open_index(settings, database, embedder) as index:
                    if index is not None:
                        await index.worker.run()
        except ConfigurationError as error:
            say(str(error), sys.stderr)  # and looks again, until it is mended or somebody works
