"""The database that DATABASE_URL leads to: waited for, made where it is missing, looked at.

libpq goes there first, as it does for the application, and dbmate is told where it came to. So one
URL means one thing to both, whatever dbmate's own driver would make of it.
"""

import logging
import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import psycopg2
from psycopg2 import sql

from app.core.exceptions import DatabaseUnusable
from app.core.logs import reason
from app.core.postgres_server import connect, require_usable, require_utf8
from app.core.postgres_url import connection_parameters
from app.embedded.exceptions import EmbeddedStartFailed

logger = logging.getLogger(__name__)

WAIT_SEC: Final = 60.0
POLL_SEC: Final = 0.5
CONNECT_TIMEOUT_SEC: Final = 5
MISSING: Final = re.compile(r'database "(.*)" does not exist')
MAINTENANCE: Final = "postgres"  # the database that every server has, for those who make others
VERIFIED: Final = {"verify-ca", "verify-full"}
CERTIFICATES: Final = ("sslrootcert", "sslcert", "sslkey")


def connect_when_possible(database_url: str) -> Any:
    """A connection to the database; says at once, and whenever that changes, what it waits for.

    Raises EmbeddedStartFailed after WAIT_SEC, or where bRAG cannot work with what is there.
    """
    parameters = connection_parameters(database_url) | {"connect_timeout": str(CONNECT_TIMEOUT_SEC)}
    deadline = time.monotonic() + WAIT_SEC
    told = ""
    while True:
        try:
            return _connect(parameters)
        except psycopg2.OperationalError as error:
            why = reason(error)
        if time.monotonic() > deadline:
            raise EmbeddedStartFailed(f"The database of DATABASE_URL does not answer: {why}")
        if why != told:
            logger.warning("Waiting for the database of DATABASE_URL: %s", why)
        told = why
        time.sleep(POLL_SEC)


def url_for_dbmate(connection: Any, database_url: str) -> str:
    """A URL by which dbmate's driver comes to the server that libpq's connection has come to."""
    given, info = connection_parameters(database_url), connection.info
    query = {"host": info.host, "port": str(info.port), "sslmode": "disable"}
    if info.ssl_in_use:
        query["sslmode"] = given["sslmode"] if given.get("sslmode") in VERIFIED else "require"
        query |= _certificates(given)
    if "options" in given:
        query["options"] = given["options"]
    user, password, name = (quote(part, "") for part in (info.user, info.password, info.dbname))
    return f"postgresql://{user}:{password}@/{name}?{urlencode(query, quote_via=quote)}"


def _certificates(given: dict[str, str]) -> dict[str, str]:
    """The certificates by name; a root that is not named is libpq's own, as dbmate's is another."""
    named: dict[str, str] = {name: given[name] for name in CERTIFICATES if name in given}
    if named.get("sslrootcert") == "system":
        del named["sslrootcert"]
    elif given.get("sslmode") in VERIFIED:
        named.setdefault("sslrootcert", str(Path.home() / ".postgresql" / "root.crt"))
    return named


def _connect(parameters: dict[str, Any]) -> Any:
    try:
        connection = connect(parameters)
    except psycopg2.OperationalError as error:
        missing = MISSING.search(str(error))
        if missing is None:
            raise
        _create(missing[1], parameters)
        connection = connect(parameters)
    _look_at(connection)
    return connection


def _look_at(connection: Any) -> None:
    """Refuses a server on which migrations would fail; of another encoding it warns."""
    try:
        require_usable(connection)
    except DatabaseUnusable as error:
        connection.close()
        raise EmbeddedStartFailed(str(error)) from None
    try:
        require_utf8(connection)
    except DatabaseUnusable as error:
        logger.warning("%s", error)


def _create(name: str, parameters: dict[str, Any]) -> None:
    """Makes the database: in UTF-8, whatever the server's others are in."""
    statement = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0")
    with closing(connect(parameters | {"dbname": MAINTENANCE})) as connection:
        connection.autocommit = True
        try:
            connection.cursor().execute(statement.format(sql.Identifier(name)))
        except psycopg2.errors.DuplicateDatabase:
            return  # another start was faster
        except psycopg2.Error as error:
            raise EmbeddedStartFailed(
                f"The database {name} of DATABASE_URL cannot be made: {reason(error)}"
            ) from error
    logger.info("Made the database %s", name)
