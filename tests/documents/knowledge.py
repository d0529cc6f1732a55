"""A knowledge base without a server around it: work is done when a test says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg2

from app.core.embeddings import Embedder
from app.db import Database, create_database
from app.documents.models import Document, NewDocument, Source
from app.documents.relevance import Relevance
from app.documents.retrieval import RetrievalService
from app.documents.services import DocumentService
from app.documents.store import VectorStore, create_vector_store
from app.documents.worker import Worker, open_worker
from settings import Settings
from tests.waiting import until

MAX_BYTES = 20_000
DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."


@dataclass
class Knowledge:
    """The parts of a service, and what a test does with them."""

    settings: Settings
    database: Database
    documents: DocumentService
    store: VectorStore
    worker: Worker
    retrieval: RetrievalService

    async def add(
        self, text: str, source: str = "a.txt", owner: int | None = None, **given: Any
    ) -> Document:
        """Takes a text in; nothing is done with it yet."""
        return (await self.documents.add(text_document(text, source, **given), owner))[0]

    async def work(self) -> None:
        """Does all work that is due."""
        while await self.worker.step():
            pass

    async def ingest(self, text: str, source: str = "a.txt", **given: Any) -> Document:
        """Takes a text in and does all work that is due."""
        document = await self.add(text, source, **given)
        await self.work()
        return await self.documents.get(document.uuid, None)

    async def found(self, query: str) -> list[Source]:
        """All that a query finds."""
        return await self.retrieval.search(query, limit=20)

    async def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What an operator would do with psql."""
        return await sql(self.settings, statement, *values)

    async def hurry(self) -> None:
        """Makes postponed work due."""
        await self.sql("UPDATE work SET run_at = now()")

    async def attempts_and_delay(self) -> tuple[int, float]:
        """How often the only work was tried, and in how many seconds it is tried again."""
        [(attempts, delay)] = await self.sql(
            "SELECT attempts, extract(epoch FROM run_at - now())::float8 FROM work"
        )
        return attempts, delay

    async def is_leased_for_longer(self, seconds: float) -> bool:
        """Whether the only work is somebody's for longer than this."""
        return (await self.attempts_and_delay())[1] > seconds

    async def is_ready(self, uuid: UUID) -> bool:
        """Whether a document can be found."""
        return (await self.documents.get(uuid, None)).status == "ready"

    async def work_left(self) -> int:
        """How many rows the work table has."""
        return await self.documents.work_left()


@asynccontextmanager
async def open_knowledge(settings: Settings, embedder: Embedder) -> AsyncIterator[Knowledge]:
    """A knowledge base on the database and the store of these settings."""
    async with AsyncExitStack() as stack:
        database = await asyncio.to_thread(create_database, settings)
        stack.push_async_callback(database.close)
        store = await create_vector_store(settings, embedder.dimensions)
        stack.push_async_callback(store.close)
        worker = await stack.enter_async_context(open_worker(database, embedder, store))
        yield Knowledge(
            settings,
            database,
            DocumentService(database, worker.wake),
            store,
            worker,
            RetrievalService(embedder, store, database, Relevance(database, embedder.name)),
        )


def text_document(text: str, source: str, **given: Any) -> NewDocument:
    """A plain text as it is uploaded."""
    return NewDocument(
        text.encode(), **{"title": source, "media_type": "text/plain"} | given, source=source
    )


async def sql(settings: Settings, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Runs one statement beside the application, and commits it."""
    return await asyncio.to_thread(_run, settings, statement, values)


def _run(settings: Settings, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    assert settings.DATABASE_URL
    url = settings.DATABASE_URL.get_secret_value()
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            statement, [str(each) if isinstance(each, UUID) else each for each in values]
        )
        return cursor.fetchall() if cursor.description else []


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
    """The work on a document, of which something is done but not all."""
    working = asyncio.create_task(knowledge.work())

    async def begun() -> bool:
        return (await knowledge.documents.get(document.uuid, None)).passages_done > 0

    await until(begun, seconds=20)
    yield working
    await asyncio.wait([working])
