"""Brings what changed in Postgres to the index, whatever dies meanwhile."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from async_timeout import timeout

from app.core.embeddings import Embedder
from app.core.exceptions import DatabaseUnavailable, RetrievalUnavailable
from app.core.logs import Outages, reason
from app.db import Database
from app.documents.constants import (
    LONGEST_BACKOFF_SEC,
    MAX_FAULTS,
    POLL_SEC,
    SMALL_BYTES,
)
from app.documents.exceptions import LostWork, UnreadableDocument
from app.documents.ingestion import Ingestion
from app.documents.parsing import Parser
from app.documents.store import VectorStore
from app.documents.work import Work

logger = logging.getLogger(__name__)
outages = Outages(logger)

INTERNAL_ERROR: Final = "This document could not be ingested: an internal error."


@asynccontextmanager
async def open_worker(
    database: Database, embedder: Embedder, store: VectorStore
) -> AsyncIterator["Worker"]:
    """A worker with a parsing process of its own."""
    parser = Parser(embedder.tokenizer)
    try:
        yield Worker(database, Ingestion(embedder, store, database, parser))
    finally:
        await parser.close()


class Worker:
    """Takes work that is due; any number of workers share the table."""

    def __init__(self, database: Database, ingestion: Ingestion) -> None:
        self._database = database
        self._ingestion = ingestion
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Says that there is new work."""
        self._wake.set()

    async def run(self) -> None:
        """Works until it is cancelled, on two pieces at a time: one parses while another embeds.

        One of two leaves large documents to the other, so that small ones do not wait for those.
        """
        await asyncio.gather(self._run(), self._run(SMALL_BYTES))

    async def _run(self, max_bytes: int | None = None) -> None:
        while True:
            self._wake.clear()
            try:
                worked = await self.step(max_bytes)
            except DatabaseUnavailable as error:
                outages.tell("postgres", error)
                worked = False
            except Exception:
                logger.exception("The worker met a fault, and goes on")
                worked = False
            if not worked:
                with suppress(TimeoutError):
                    async with timeout(POLL_SEC):
                        await self._wake.wait()

    async def step(self, max_bytes: int | None = None) -> bool:
        """Does one piece of work, on a document of at most so many bytes; False if none is due."""
        work = await Work.claim(self._database, max_bytes)
        if work is None:
            return False
        keeping = asyncio.create_task(work.keep(self._database))
        try:
            await self._try(work)
        finally:
            keeping.cancel()
        return True

    async def _try(self, work: Work) -> None:
        try:
            await self._do(work)
        except LostWork:
            logger.warning("Lost %s of %s to another worker", work.kind, work.document_uuid)
        except (DatabaseUnavailable, RetrievalUnavailable) as error:
            await self._postpone(work, f"{error.code} ({reason(error)})")

    async def _do(self, work: Work) -> None:
        try:
            await self._ingestion.do(work)
        except UnreadableDocument as error:
            await self._ingestion.fail(work, str(error))
        except (LostWork, DatabaseUnavailable, RetrievalUnavailable):
            raise
        except Exception:
            logger.exception("%s of %s failed", work.kind, work.document_uuid)
            if work.faults + 1 >= MAX_FAULTS and work.kind == "ingest":
                await self._ingestion.fail(work, INTERNAL_ERROR)
            else:
                await self._postpone(work, "internal error", faults=1)

    async def _postpone(self, work: Work, reason: str, faults: int = 0) -> None:
        seconds = min(2.0 ** min(work.attempts, 10), LONGEST_BACKOFF_SEC)
        logger.warning(
            "%s of %s: %s; again in %d s", work.kind, work.document_uuid, reason, seconds
        )
        await self._database.query(
            "postpone_work", id=work.id, lease=work.lease, seconds=seconds, faults=faults
        )
