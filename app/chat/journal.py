"""The journal: what of streamed answers is in Postgres, so that they can be sent once more.

See docs/decisions/0045-streams-outlive-their-connections.md.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import orjson

from app.chat.generation import Generation
from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.core.logs import Outages
from app.db import Database, DatabaseError, Row

FLUSH_SEC: Final = 0.25
MAX_FLUSH_CHARS: Final = 2**20  # of one statement
KEPT_SEC: Final = 25 * 60 * 60.0  # longer than any Idempotency-Key
PRUNE_SEC: Final = 600.0  # between two looks for what is older
PRUNED_AT_ONCE: Final = 1000

logger = logging.getLogger(__name__)
outages = Outages(logger)


class Journal:
    """Writes the new deltas of all streamed answers of this process a few times a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written: dict[UUID, int] = {}  # deltas of each answer that is recorded
        self._generations: dict[UUID, Generation] = {}
        self._unwritten: list[Row] = []
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def recorded(self, generation: Generation) -> AsyncIterator[None]:
        """The block generates the deltas of a stored answer that is streamed.

        Once it is left, no batch of them is on its way to Postgres, or sent there later: the answer
        can be ended there.
        """
        uuid = generation.start.uuid
        self._generations[uuid], self._written[uuid] = generation, 0
        try:
            yield
        finally:
            self._generations.pop(uuid, None)
            del self._written[uuid]
            if any(batch["message_uuid"] == uuid for batch in self._unwritten):
                async with self._writing:
                    pass

    async def run(self) -> None:
        """Writes until it is cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SEC)
            try:
                await self.flush()
            except DatabaseUnavailable as error:
                outages.tell("postgres", error)
            except Exception:
                self._unwritten = []
                logger.exception("The journal met a fault, and goes on")

    async def flush(self) -> None:
        """Writes what is new by now; what comes meanwhile is for the next time.

        After DatabaseUnavailable that tries the same once more, but for answers that have ended.
        """
        uuids = deque(self._generations)
        while batches := self._unwritten or self._next_batches(uuids):
            self._unwritten = batches
            try:
                await self._write(batches)
            except DatabaseError:
                for batch in batches:
                    await self._write_or_leave_out(batch)
            self._unwritten = []

    async def prune(self) -> None:
        """Deletes what is older than KEPT_SEC, again and again."""
        while True:
            deleted = 0
            try:
                deleted = await self._database.query(
                    SERVICE, "delete_old_journal", seconds=KEPT_SEC, limit=PRUNED_AT_ONCE
                )
            except DatabaseUnavailable as error:
                outages.tell("postgres", error)
            if deleted < PRUNED_AT_ONCE:
                await asyncio.sleep(PRUNE_SEC)

    async def _write(self, batches: list[Row]) -> None:
        async with self._writing:
            batches = [batch for batch in batches if batch["message_uuid"] in self._written]
            rows = orjson.dumps(batches).decode()
            await self._database.query(SERVICE, "insert_journal", rows=rows)
        for batch in batches:
            if batch["message_uuid"] in self._written:
                count = len(batch["deltas"]["lengths"])
                self._written[batch["message_uuid"]] = batch["position"] + count

    async def _write_or_leave_out(self, batch: Row) -> None:
        """An answer that Postgres refuses, as it was just deleted, does not hold up the others."""
        try:
            await self._write([batch])
        except DatabaseError as error:
            logger.warning("The journal leaves an answer out: %s", error)
            self._generations.pop(batch["message_uuid"], None)

    def _next_batches(self, uuids: deque[UUID]) -> list[Row]:
        """As much of the answers of these uuids as one statement may write; takes them away."""
        batches: list[Row] = []
        chars = 0
        while uuids and chars <= MAX_FLUSH_CHARS:
            uuid = uuids.popleft()
            generation = self._generations.get(uuid)
            if generation is not None and self._written[uuid] < len(generation.transcript):
                batch = _batch(uuid, generation, self._written[uuid])
                batches.append(batch)
                chars += len(batch["text"])
        return batches


def _batch(uuid: UUID, generation: Generation, position: int) -> Row:
    transcript = generation.transcript
    stop = len(transcript)
    return {
        "message_uuid": uuid,
        "position": position,
        "text": transcript.text(position, stop),
        "deltas": transcript.dump(position, stop),
    }
