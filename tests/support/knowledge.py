"""A knowledge base without a server around it: its jobs are done when a test says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.caller import NOBODY, Caller
from app.db import open_database
from app.documents.drift import drift
from app.documents.index_version import upgrade_index
from app.documents.ingestion.worker import open_worker
from app.documents.models import Document, NewDocument
from app.documents.services import DocumentService
from app.embeddings.embedder import Embedder
from app.jobs.worker import Worker
from app.retrieval.models import Source
from app.retrieval.relevance import Relevance
from app.retrieval.services import RetrievalService
from app.vector_store.base import VectorStore
from app.vector_store.factory import open_vector_store
from settings import Settings
from tests.support.job_table import JobTable
from tests.support.shared import shared_parser
from tests.support.waiting import until
from tests.support.workers import do_jobs

MAX_BYTES = 20_000
DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."


@dataclass
class Knowledge(JobTable):
    """The parts of a service, and what a test does with them."""

    documents: DocumentService
    store: VectorStore
    worker: Worker
    retrieval: RetrievalService

    async def add(
        self, text: str, source: str = "a.txt", owner: Caller = NOBODY, **given: Any
    ) -> Document:
        """Takes a text in; nothing is done with it yet."""
        return (await self.documents.add(owner, text_document(text, source, **given)))[0]

    async def work(self) -> None:
        """Does all jobs that are due."""
        await do_jobs(self.worker)

    async def ingest(self, text: str, source: str = "a.txt", **given: Any) -> Document:
        """Takes a text in and does all jobs that are due."""
        document = await self.add(text, source, **given)
        await self.work()
        return await self.documents.get(NOBODY, document.uuid)

    async def found(self, query: str) -> list[Source]:
        """All that a query finds."""
        return await self.retrieval.search(NOBODY, query, limit=20)

    async def drift(self) -> int:
        """Points in the index less passages in Postgres."""
        return await drift(self.database, self.store)

    async def clear_store(self) -> None:
        """Empties the index, as if it had been lost."""
        for uuid in await self.store.documents():
            await self.store.delete(uuid)

    async def is_ready(self, uuid: UUID) -> bool:
        """Whether a document can be found."""
        return (await self.documents.get(NOBODY, uuid)).status == "ready"


@asynccontextmanager
async def open_knowledge(settings: Settings, embedder: Embedder) -> AsyncIterator[Knowledge]:
    """A knowledge base on the database and the store of these settings."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        database = await enter(open_database(settings))
        store = await enter(open_vector_store(settings, embedder.dimensions))
        await upgrade_index(database, store, settings.QDRANT_COLLECTION_NAME)
        worker = await enter(open_worker(database, embedder, store, shared_parser()))
        yield Knowledge(
            settings,
            database,
            DocumentService(database, worker.wake),
            store,
            worker,
            RetrievalService(embedder, store, database, Relevance(database, embedder.name)),
        )


def text_document(text: str, source: str, **given: Any) -> NewDocument:
    """A plain text as it is given, or a file of the given `media_type`."""
    as_text = {"title": source, "media_type": "text/plain"}
    declared_type = given.get("media_type")
    return NewDocument(text.encode(), **as_text | given, source=source, declared_type=declared_type)


def pages(count: int, subject: str = "Duck") -> str:
    """A text of as many passages: each paragraph fills one."""
    sentence = "{subject} number {n} eats water plants, seeds and small snails at {m} o'clock. "
    return "\n\n".join(
        f"# {subject} {n}\n\n"
        + "".join(sentence.format(subject=subject, n=n, m=m) for m in range(8))
        for n in range(count)
    )


@asynccontextmanager
async def half_way(knowledge: Knowledge, document: Document) -> AsyncIterator[asyncio.Task[None]]:
    """The task that ingests a document, of which something is done but not all."""
    working = asyncio.create_task(knowledge.work())

    async def begun() -> bool:
        return (await knowledge.documents.get(NOBODY, document.uuid)).passages_done > 0

    await until(begun, seconds=20)
    yield working
    await asyncio.wait([working])
