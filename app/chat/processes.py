"""Which processes are alive, and what becomes of the answers of those that are not."""

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from time import time
from typing import Final
from uuid import UUID, uuid4

from async_timeout import timeout

from app.chat.under_way import FOLLOWED_SEC, GenerationsUnderWay
from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.core.logs import Outages
from app.db import Database, Row

BEAT_SEC: Final = 1.0
LEASE_SEC: Final = 4.0  # a process that has said nothing for so long is dead: busy ones are late
FORGET_SEC: Final = 3600.0

logger = logging.getLogger(__name__)
outages = Outages(logger)


class Process:
    """One process among others; it ends the answers of those that have died."""

    def __init__(self, database: Database, max_generation_sec: float) -> None:
        self.uuid = uuid4()
        self._database = database
        self._max_generation_sec = max_generation_sec
        # By the wall's clock, so that a machine that was asleep is noticed too.
        self._beaten_at = time()
        self._judges_at = self._beaten_at + LEASE_SEC
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Says that answers may have been deleted: it does not wait for its next beat."""
        self._woken.set()

    async def live(self, under_way: GenerationsUnderWay, unstored: Collection[UUID]) -> None:
        """Says that it is alive until it is cancelled, and heeds what others ask of its answers.

        `unstored` are those that have ended and are still to be stored.
        """
        while True:
            self._woken.clear()
            try:
                for row in await self._beat(under_way.stored_uuids):
                    under_way.heed(row["uuid"], cancel=row["cancel"])
                if self._beaten_at > self._judges_at:
                    await self._end_abandoned([*under_way.uuids, *unstored])
            except DatabaseUnavailable as error:
                self._beaten_at = 0
                outages.tell("postgres", error)
            except Exception:
                self._beaten_at = 0
                logger.exception("A look for abandoned answers failed, and is tried again")
            with suppress(TimeoutError):
                async with timeout(BEAT_SEC):
                    await self._woken.wait()

    async def end(self) -> None:
        """Says that it has ended, if anybody listens."""
        try:
            await self._database.query(SERVICE, "delete_process", uuid=self.uuid)
        except DatabaseUnavailable as error:
            outages.tell("postgres", error)

    async def _beat(self, stored: Collection[UUID]) -> list[Row]:
        rows: list[Row] = await self._database.query(
            SERVICE,
            "beat",
            uuid=self.uuid,
            stored=_array(stored),
            forget_seconds=FORGET_SEC,
            followed_seconds=FOLLOWED_SEC,
        )
        self._note_beat()
        return rows

    def _note_beat(self) -> None:
        """After a gap the others may not have been able to beat either: they have time to."""
        now = time()
        if not 0 <= now - self._beaten_at <= LEASE_SEC:
            self._judges_at = now + LEASE_SEC + self._database.timeout_sec
        self._beaten_at = now

    async def _end_abandoned(self, known: Collection[UUID]) -> None:
        """Ends also what this process does not know of: it was told that it could not be stored."""
        ended = await self._database.query(
            SERVICE,
            "end_abandoned_messages",
            uuid=self.uuid,
            known=_array(known),
            lease_seconds=LEASE_SEC,
            seconds=2 * self._max_generation_sec,
        )
        if ended:
            logger.warning("%d answers were left without an end", ended)


def _array(uuids: Collection[UUID]) -> str:
    return f"{{{','.join(map(str, uuids))}}}"
