"""What the command line works with: Postgres always, a worker where the vectors are to be had."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TextIO, TypeVar
from uuid import UUID

from pydantic import SecretStr
from tqdm import tqdm

from app.core.embeddings import Embedder, create_embedder
from app.core.exceptions import ConfigurationError
from app.db import Database, create_database
from app.documents.constants import TAKE_OVER_SEC, WATCH_SEC
from app.documents.exceptions import StoreHeld
from app.documents.models import Document, DocumentStatus
from app.documents.services import DocumentService
from app.documents.store import VectorStore, create_vector_store, is_free
from app.documents.worker import Worker, open_worker
from app.embedded.migrations import migrate
from app.embedded.postgres import EmbeddedPostgres
from settings import Settings

T = TypeVar("T")

ENDED = (DocumentStatus.READY, DocumentStatus.FAILED)


class Interrupted(Exception):
    """A signal has ended a command."""

    def __init__(self, number: signal.Signals) -> None:
        self.exit_code = 128 + number  # as a shell has it
        super().__init__(number)


async def until_told(command: Coroutine[None, None, T]) -> T:
    """Runs a command to its end; the first Ctrl-C or SIGTERM cancels it, so that it ends in order.

    Another one would break off the ending itself, and leave Postgres running. Raises Interrupted.
    """
    running = asyncio.create_task(command)
    told: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not told:
            running.cancel()
        told.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        return await running
    except asyncio.CancelledError:
        if not told:
            raise
        raise Interrupted(told[0]) from None


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of DATABASE_URL, else the embedded one under DATA_DIR, started if it is down."""
    async with AsyncExitStack() as stack:
        if settings.DATABASE_URL is None:
            postgres = await asyncio.to_thread(EmbeddedPostgres, settings.DATA_DIR)
            url = await stack.enter_async_context(_running(postgres))
            await asyncio.to_thread(migrate, url)
            settings = settings.model_copy(update={"DATABASE_URL": SecretStr(url)})
        database = await asyncio.to_thread(create_database, settings)
        stack.push_async_callback(database.close)
        await database.ready()
        yield database


@asynccontextmanager
async def _running(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """Stops it again, also if the command is broken off while it starts."""
    starting = asyncio.ensure_future(asyncio.to_thread(postgres.start))
    try:
        yield await asyncio.shield(starting)
    finally:
        await asyncio.wait([starting])
        if starting.exception() is None:
            await asyncio.to_thread(postgres.stop)


@dataclass(frozen=True)
class Index:
    """The vectors, what makes them, and a worker that brings them up to date."""

    embedder: Embedder
    store: VectorStore
    worker: Worker


@asynccontextmanager
async def open_embedder(settings: Settings) -> AsyncIterator[Embedder]:
    """The embedding model."""
    embedder = await asyncio.to_thread(create_embedder, settings)
    try:
        yield embedder
    finally:
        await asyncio.to_thread(embedder.close)


@asynccontextmanager
async def open_index(
    settings: Settings, database: Database, embedder: Embedder
) -> AsyncIterator[Index | None]:
    """The vectors and a worker on them; None where a server on this machine holds them."""
    async with AsyncExitStack() as stack:
        try:
            store = await create_vector_store(settings, embedder.dimensions)
        except StoreHeld:
            yield None
            return
        stack.push_async_callback(store.close)
        worker = await stack.enter_async_context(open_worker(database, embedder, store))
        yield Index(embedder, store, worker)


@asynccontextmanager
async def open_knowledge(settings: Settings) -> AsyncIterator[tuple[Database, Index | None]]:
    """The knowledge base of the settings: its database, and its index as `open_index` gives it."""
    async with (
        open_embedder(settings) as embedder,
        open_database(settings) as database,
        open_index(settings, database, embedder) as index,
    ):
        yield database, index


@asynccontextmanager
async def open_workplace(settings: Settings) -> AsyncIterator[tuple[Database, Index | None]]:
    """The knowledge base, and a worker meanwhile: ours, or that of the server with the index."""
    async with (
        open_embedder(settings) as embedder,
        open_database(settings) as database,
        open_index(settings, database, embedder) as index,
        working(index.worker.run() if index else _take_over(settings, database, embedder)),
    ):
        yield database, index


async def _take_over(settings: Settings, database: Database, embedder: Embedder) -> None:
    """Works once whoever held the vectors has ended, and not only to be started again."""
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
            say(str(error), sys.stderr)  # and once more, until it is mended or somebody works


@asynccontextmanager
async def working(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Lets a worker work meanwhile."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def follow(documents: DocumentService, uuid: UUID) -> Document:
    """Shows the progress of an ingestion, whoever does it; returns the document at its end."""
    document = await documents.get(uuid, None)
    with tqdm(unit="passage", desc=document.title, leave=False, disable=None) as bar:
        while document.status not in ENDED:
            await asyncio.sleep(WATCH_SEC)
            document = await documents.get(uuid, None)
            bar.total = document.passages_total
            bar.update(document.passages_done - bar.n)
    return document


async def follow_all(documents: DocumentService) -> None:
    """Shows how the work on the table goes down to nothing."""
    left = await documents.work_left()
    with tqdm(total=left, unit="document", disable=None) as bar:
        while left:
            await asyncio.sleep(WATCH_SEC)
            left = await documents.work_left()
            bar.total = max(bar.total or 0, left)
            bar.update(bar.total - left - bar.n)


def on_one_line(text: str) -> str:
    """A name that somebody else gave, without what would move or colour a terminal's cursor."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def say(line: str, file: TextIO | None = None) -> None:
    """Prints a line, above any progress bar."""
    tqdm.write(line, file=file or sys.stdout)
