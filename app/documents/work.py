"""A row of the work table that somebody has taken."""

from dataclasses import dataclass
from uuid import UUID

from app.db import Queries
from app.documents.constants import LEASE_SEC
from app.documents.exceptions import LostWork


@dataclass(frozen=True)
class Work:
    """A row of the work table that this worker has taken."""

    id: int
    kind: str
    document_uuid: UUID
    attempts: int
    lease: UUID

    def hold(self, queries: Queries, seconds: float = LEASE_SEC) -> None:
        """Within a transaction: goes on only while the work is still this worker's."""
        if not queries.renew_work(id=self.id, lease=self.lease, seconds=seconds):
            raise LostWork

    def finish(self, queries: Queries) -> None:
        """Within a transaction: the work is done, or nothing of the transaction is."""
        if not queries.finish_work(id=self.id, lease=self.lease):
            raise LostWork
