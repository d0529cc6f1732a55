"""Whoever a request is made for: a user, nobody, or the service itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID


class Scope(StrEnum):
    """What a caller may do: read what is theirs, ask, and put documents in or take them out."""

    READ = "read"
    ASK = "ask"
    INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose rows a query may see; every query of the database is made for one."""

    user_id: int | None = None
    scopes: frozenset[Scope] = frozenset(Scope)
    key_uuid: UUID | None = None  # of the API key that was sent; None with a session
    is_service: bool = False

    @property
    def name(self) -> str:
        """What the policies of Postgres know the caller by: app.caller."""
        if self.is_service:
            return "service"
        return "nobody" if self.user_id is None else str(self.user_id)


NOBODY: Final = Caller()
SERVICE: Final = Caller(is_service=True)  # workers, sweeps, claims and the group writer
