"""What a driver raises, as one of ours: what a client is told, and what an operator has to do."""

import re
from typing import Final

import psycopg2
from sqlalchemy import exc

from app.core.exceptions import (
    DatabaseFull,
    DatabaseUnavailable,
    DatabaseUnusable,
    NotAuthenticated,
)
from app.core.postgres_server import READ_ONLY
from app.db.engine import ROLE

BEHIND: Final = "The migrations of DATABASE_URL have to be applied: run `make migrate`"
NO_DATABASE: Final = (
    "The database of DATABASE_URL is not there: run `make migrate`, which makes it and applies "
    "the migrations."
)
NO_ROLE: Final = (
    f"The user of DATABASE_URL cannot take the role {ROLE}: run `make migrate`, "
    f"or have an operator run `GRANT {ROLE} TO` that user."
)
NO_RIGHTS: Final = (
    f"The role {ROLE} lacks rights in the database of DATABASE_URL: have its owner run `GRANT "
    f"USAGE ON SCHEMA public TO {ROLE}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN "
    f"SCHEMA public TO {ROLE}`."
)
POOLER: Final = (
    "DATABASE_URL leads to a pooler that takes no startup options (PgBouncer, RDS Proxy): "
    "set it to the address of Postgres itself."
)
UNAVAILABLE: Final = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
    psycopg2.OperationalError,  # SQLAlchemy wraps none from setting the isolation level
    psycopg2.InterfaceError,
)
OWNER_REFERENCE: Final = re.compile(r"\w+_user_id_fkey")
NO_OPTIONS: Final = re.compile(r"unsupported startup parameter|command-line options")
MISSING_DATABASE: Final = re.compile(r'FATAL:\s+database ".*" does not exist')
FULL: Final = "The disk of Postgres is full: make room there. Nothing new is stored meanwhile."
DISK_FULL: Final = "53100"
UNDEFINED: Final = frozenset({"42P01", "42703", "42704", "42883"})  # table, column, type, function
READ_ONLY_TRANSACTION: Final = "25006"
REFUSAL_OF_RIGHTS: Final = "aclcheck_error"  # row-level security has the same SQLSTATE


class DatabaseError(Exception):
    """Why Postgres refuses a query, without the values in it: those may be prompts."""

    def __init__(self, reason: str, code: str | None) -> None:
        self.code = code  # SQLSTATE; None where the driver refuses
        super().__init__(f"{reason} ({code})")


def convert(error: Exception) -> Exception:
    """The error of ours that stands for one of the driver's or SQLAlchemy's."""
    if getattr(getattr(error, "orig", None), "pgcode", None) == DISK_FULL:
        return DatabaseFull(FULL)
    if isinstance(error, UNAVAILABLE):
        return _unusable(str(error)) or DatabaseUnavailable()
    assert isinstance(error, exc.DBAPIError)
    if error.connection_invalidated:
        return DatabaseUnavailable()
    return _refusal(error)


def _unusable(text: str) -> DatabaseUnusable | None:
    """Of a connection that was refused; the driver has no code for why."""
    if MISSING_DATABASE.search(text):
        return DatabaseUnusable(NO_DATABASE)
    if NO_OPTIONS.search(text):
        return DatabaseUnusable(POOLER)
    # In whatever language Postgres refuses it.
    return DatabaseUnusable(NO_ROLE) if f'"{ROLE}"' in text else None


def _refusal(error: exc.DBAPIError) -> Exception:
    """Only what comes first: DETAIL and CONTEXT quote the row that is refused."""
    refusal = error.orig
    assert isinstance(refusal, psycopg2.Error)
    if OWNER_REFERENCE.fullmatch(refusal.diag.constraint_name or ""):
        return NotAuthenticated()  # the caller was deleted meanwhile
    if refusal.pgcode in UNDEFINED:
        return DatabaseUnusable(f"{BEHIND}.")
    if refusal.pgcode == READ_ONLY_TRANSACTION:
        return DatabaseUnusable(READ_ONLY)
    if refusal.diag.source_function == REFUSAL_OF_RIGHTS:
        return DatabaseUnusable(NO_RIGHTS)
    reason = refusal.diag.message_primary or type(refusal).__name__  # the driver has no diagnosis
    return DatabaseError(reason, refusal.pgcode)
