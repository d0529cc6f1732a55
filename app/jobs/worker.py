"""Does the jobs of some kinds, whatever dies meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Literal
from uuid import UUID

from async_timeout import timeout

from app.core.background import background
from app.core.exceptions import DatabaseUnavailable, ServiceUnavailable
from app.core.logs import Outages, reason
from app.core.metrics.instruments import Metrics
from app.db import Database
from app.jobs.constants import LONGEST_BACKOFF_SEC, MAX_FAULTS, POLL_SEC
from app.jobs.exceptions import LeaseLost
from app.jobs.job import Job

logger = logging.getLogger(__name__)
outages = Outages(logger)

Outcome = Literal["done", "postponed", "given_up", "lost"]
ANY_SIZE: Final[Sequence[int | None]] = (None,)


@dataclass(frozen=True)
class Handler:
    """What is done for the jobs of one kind.

    `do` finishes the job in the transaction of its last write. It may be broken off anywhere, and
    then runs again. `give_up` ends a job after MAX_FAULTS internal errors; without it there is
    always another attempt.
    """

    do: Callable[[Job], Awaitable[None]]
    give_up: Callable[[Job], Awaitable[None]] | None = None


class Worker:
    """Claims jobs of the kinds that it has handlers for; any number of workers share the table."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        sizes: Sequence[int | None] = ANY_SIZE,
        index_uuid: Callable[[], Awaitable[UUID]] | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """It does as many jobs at once as there are `sizes`, each of at most so many bytes.

        With an index, it does them only while that is the index of the database.
        """
        self._database = database
        self._handlers = handlers
        self._sizes = sizes
        self._index_uuid = index_uuid
        self._metrics = metrics or Metrics()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Says that there is a new job: the worker does not wait for its next look."""
        self._woken.set()

    async def run(self) -> None:
        """Works until it is cancelled."""
        await asyncio.gather(*map(self._run, self._sizes))

    async def _run(self, max_bytes: int | None) -> None:
        while True:
            self._woken.clear()
            try:
                has_worked = await self.step(max_bytes)
            except ServiceUnavailable as error:
                is_database = isinstance(error, DatabaseUnavailable)
                outages.tell("postgres" if is_database else "qdrant", error)
                has_worked = False
            except Exception:
                logger.exception("The worker met a fault, and goes on")
                has_worked = False
            if not has_worked:
                with suppress(TimeoutError):
                    async with timeout(POLL_SEC):
                        await self._woken.wait()

    async def step(self, max_bytes: int | None = None) -> bool:
        """Does one job, about a document of at most `max_bytes`; False if none is due."""
        index_uuid = await self._index_uuid() if self._index_uuid else None
        job = await Job.claim(self._database, self._handlers.keys(), max_bytes, index_uuid)
        if job is None:
            return False
        async with background(job.keep(self._database)):
            started_at = perf_counter()
            outcome = await self._do(job)
            self._metrics.job(job.kind, outcome, perf_counter() - started_at)
        return True

    async def _do(self, job: Job) -> Outcome:
        try:
            return await self._do_or_give_up(job)
        except LeaseLost:
            logger.warning("Lost %s of %s to another worker", job.kind, job.document_uuid)
            return "lost"
        except ServiceUnavailable as error:
            await self._postpone(job, f"{error.code} ({reason(error)})")
            return "postponed"

    async def _do_or_give_up(self, job: Job) -> Outcome:
        handler = self._handlers[job.kind]
        try:
            await handler.do(job)
        except (LeaseLost, ServiceUnavailable):
            raise
        except Exception:
            logger.exception("%s of %s failed", job.kind, job.document_uuid)
            if handler.give_up is not None and job.faults + 1 >= MAX_FAULTS:
                await handler.give_up(job)
                return "given_up"
            await self._postpone(job, "internal error", faults=1)
            return "postponed"
        return "done"

    async def _postpone(self, job: Job, why: str, faults: int = 0) -> None:
        seconds = min(2.0 ** min(job.attempts, 10), LONGEST_BACKOFF_SEC)
        logger.warning("%s of %s: %s; again in %d s", job.kind, job.document_uuid, why, seconds)
        await job.postpone(self._database, seconds, faults)
