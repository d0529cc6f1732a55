"""A row of the work table that somebody has taken."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from app.core.exceptions import DatabaseUnavailable
from app.db import Database, Queries
from app.documents.exceptions import LostWork

LEASE_SEC: Final = 15.0  # after so long the work of a worker that died is taken up again


@dataclass(frozen=True)
class Work:
    """A row of the work table that this worker has taken."""

    id: int
    kind: str
    document_uuid: UUID
    attempts: int
    faults: int
    lease: UUID

    @classmethod
    async def claim(cls, database: Database, max_bytes: int | None = None) -> Self | None:
        """The oldest work that is due, on a document of at most so many bytes."""
        row = await database.query("claim_work", seconds=LEASE_SEC, max_bytes=max_bytes)
        return None if row is None else cls(**row)

    async def keep(self, database: Database) -> None:
        """Holds it until it is cancelled, however long a step takes."""
        while True:
            await asyncio.sleep(LEASE_SEC / 3)
            with suppress(DatabaseUnavailable, LostWork):
                await database.run(self.hold)

    def hold(self, queries: Queries) -> None:
        """Within a transaction: goes on only while the work is still this worker's."""
        if not queries.renew_work(id=self.id, lease=self.lease, seconds=LEASE_SEC):
            raise LostWork

    def finish(self, queries: Queries) -> None:
        """Within a transaction: the work is done, or nothing of the transaction is."""
        if not queries.finish_work(id=self.id, lease=self.lease):
            raise LostWork
