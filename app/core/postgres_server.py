"""What a Postgres must be, told by what it says of itself when a connection begins."""

from collections.abc import Mapping
from typing import Any, Final

import psycopg2

from app.core.exceptions import DatabaseUnusable

OLDEST: Final = 15  # the first with NULLS NOT DISTINCT
TOO_OLD: Final = "The Postgres of DATABASE_URL has version {}, and bRAG needs {} or later."
NOT_UTF8: Final = (
    "The database of DATABASE_URL is in {}, which cannot hold what models write: make one "
    "with `CREATE DATABASE name TEMPLATE template0 ENCODING 'UTF8'`."
)
READ_ONLY: Final = (
    "The database of DATABASE_URL takes no writes: set DATABASE_URL to the primary server, "
    "and default_transaction_read_only to off."
)


def connect(parameters: Mapping[str, Any]) -> Any:
    """A new connection; psycopg2.OperationalError where there is none, whatever the server says.

    Before a connection there is no agreement on an encoding: a server may write in its own, which
    psycopg2 fails to decode.
    """
    try:
        return psycopg2.connect(**parameters)
    except UnicodeDecodeError as error:
        raise psycopg2.OperationalError(error.object.decode(errors="replace")) from None


def require_usable(connection: Any) -> None:
    """DatabaseUnusable where a connection leads to an old server or a standby; sends nothing."""
    told = connection.info.parameter_status
    major = connection.info.server_version // 10_000
    if major < OLDEST:
        raise DatabaseUnusable(TOO_OLD.format(major, OLDEST))
    if "on" in {told("in_hot_standby"), told("default_transaction_read_only")}:
        raise DatabaseUnusable(READ_ONLY)


def require_utf8(connection: Any) -> None:
    """DatabaseUnusable where a connection's database cannot hold every text; sends nothing."""
    encoding = connection.info.parameter_status("server_encoding") or "UTF8"
    if encoding != "UTF8":
        raise DatabaseUnusable(NOT_UTF8.format(encoding))
