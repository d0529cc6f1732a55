"""A row of the job table that a worker has claimed: docs/decisions/0013-jobs-in-postgres.md."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.db import Database, Queries
from app.jobs.constants import LEASE_SEC
from app.jobs.exceptions import LeaseLost


@dataclass(frozen=True)
class Job:
    """A job, and the lease under which this worker has it."""

    id: int
    kind: str
    document_uuid: UUID
    attempts: int
    faults: int
    lease: UUID
    payload: dict[str, Any] | None = None  # of a job that is not about a document

    @classmethod
    async def claim(
        cls,
        database: Database,
        kinds: Collection[str],
        max_bytes: int | None = None,
        index_uuid: UUID | None = None,
    ) -> Self | None:
        """The oldest due job of these kinds, about a document of at most `max_bytes`.

        With an index, none unless that is the index of the database.
        """
        row = await database.query(
            SERVICE,
            "claim_job",
            kinds=list(kinds),
            seconds=LEASE_SEC,
            max_bytes=max_bytes,
            index_uuid=index_uuid,
        )
        return None if row is None else cls(**row)

    async def keep(self, database: Database) -> None:
        """Renews the lease until it is cancelled, however long a step takes."""
        while True:
            await asyncio.sleep(LEASE_SEC / 3)
            with suppress(DatabaseUnavailable, LeaseLost):
                await database.run(SERVICE, self.hold)

    def hold(self, queries: Queries) -> None:
        """Within a transaction: renews the lease, or raises LeaseLost."""
        if not queries.renew_job(id=self.id, lease=self.lease, seconds=LEASE_SEC):
            raise LeaseLost

    def finish(self, queries: Queries) -> None:
        """Within a transaction: deletes the job, or raises LeaseLost and so undoes all of it."""
        if not queries.finish_job(id=self.id, lease=self.lease):
            raise LeaseLost

    async def postpone(self, database: Database, seconds: float, faults: int = 0) -> None:
        """Gives the job back, to be claimed again after `seconds`; adds to its faults."""
        await database.query(
            SERVICE, "postpone_job", id=self.id, lease=self.lease, seconds=seconds, faults=faults
        )
