"""The seam to Postgres: one engine, one PugSQL module, awaitable.

PugSQL and psycopg2 are synchronous, so everything here runs in a bounded pool of threads, a whole
transaction in one of them. What a driver raises leaves this file as DatabaseUnavailable, or as
DatabaseError if the query is at fault.
"""

import asyncio
import os
import select
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

import orjson
import psycopg2
import sqlalchemy
from async_timeout import timeout
from pugsql.compiler import Module
from sqlalchemy import event, exc

from app.core.constants import MIGRATIONS, ROOT
from app.core.exceptions import ConfigurationError, DatabaseUnavailable
from settings import Settings

Queries = Any  # a PugSQL module: a function for each file in db/queries, untyped
Row = dict[str, Any]
T = TypeVar("T")

BEHIND: Final = "The migrations of DATABASE_URL have to be applied: run `make migrate`"
UNDEFINED_TABLE: Final = "42P01"
POOL_SIZE: Final = 8
UNAVAILABLE: Final = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
    psycopg2.OperationalError,  # SQLAlchemy wraps none from setting the isolation level
    psycopg2.InterfaceError,
)


class DatabaseError(Exception):
    """Why Postgres refuses a query, without the values in it: those may be prompts."""

    def __init__(self, reason: str, code: str | None) -> None:
        self.code = code  # SQLSTATE; None where the driver refuses
        super().__init__(f"{reason} ({code})")


class Database:
    """Runs the queries of db/queries off the event loop, each call one transaction."""

    def __init__(self, url: str, timeout_sec: float) -> None:
        self.timeout_sec = timeout_sec
        self._engine = _create_engine(url, timeout_sec)
        self._queries = _load_queries(self._engine)
        self._newest_migration = max(file.name.partition("_")[0] for file in MIGRATIONS.iterdir())
        self._threads = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="database")

    async def query(self, name: str, **parameters: Any) -> Any:
        """What one query returns (many rows as a list), committed; DatabaseUnavailable if it fails.

        It commits by itself, in one round trip in place of three and at half the CPU of `run`.
        """
        return await self._run(partial(_query, self._queries, name, parameters))

    async def run(self, work: Callable[[Queries], T]) -> T:
        """Runs `work` in one transaction and commits it; DatabaseUnavailable if that fails."""
        return await self._run(partial(_transact, self._queries, work))

    async def _run(self, call: Callable[[], T]) -> T:
        work = _Work(call)
        loop = asyncio.get_running_loop()
        try:
            async with timeout(self.timeout_sec):
                return await loop.run_in_executor(self._threads, work.run)
        except TimeoutError:
            work.break_off()
            raise DatabaseUnavailable from None
        except asyncio.CancelledError:
            work.break_off()  # its thread must not go on waiting
            raise
        except UNAVAILABLE as error:
            raise DatabaseUnavailable from error
        except exc.DBAPIError as error:
            if error.connection_invalidated:
                raise DatabaseUnavailable from error
            raise _without_values(error) from None

    async def ready(self) -> None:
        """Returns when Postgres answers; ConfigurationError where it lacks migrations."""
        try:
            applied: str | None = await self.query("get_schema_version")
        except DatabaseError as error:
            if error.code != UNDEFINED_TABLE:
                return  # a role that may not look at it: Postgres answers
            raise ConfigurationError(f"{BEHIND} ({error})") from None
        if applied is None or applied < self._newest_migration:
            raise ConfigurationError(
                f"{BEHIND} (it is at {applied}, not at {self._newest_migration})"
            )

    async def close(self) -> None:
        """Lets the transactions under way end, and closes every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


def _query(queries: Queries, name: str, parameters: dict[str, Any]) -> Any:
    result = getattr(queries, name)(**parameters)
    return list(result) if isinstance(result, Iterator) else result


def _transact(queries: Queries, work: Callable[[Queries], T]) -> T:
    with queries.transaction() as session:
        session.connection(execution_options={"isolation_level": "READ COMMITTED"})
        return work(queries)


def _without_values(error: exc.DBAPIError) -> Exception:
    """Only what comes first: DETAIL and CONTEXT quote the row that is refused."""
    refusal = error.orig
    assert isinstance(refusal, psycopg2.Error)
    reason = refusal.diag.message_primary or type(refusal).__name__  # the driver has no diagnosis
    return DatabaseError(reason, refusal.pgcode)


class _BrokenOff(Exception):
    """The caller does not wait for this work any more."""


class _Work:
    """What one thread does on one connection; the event loop can break it off."""

    of_thread = threading.local()

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._lock = threading.Lock()
        self._connection: Any = None
        self._broken_off = False

    def run(self) -> Any:
        if self._broken_off:
            return None  # before it has begun
        _Work.of_thread.work = self
        try:
            return self._call()
        except _BrokenOff:
            return None
        finally:
            del _Work.of_thread.work  # and with it what was written: a document may be large

    def take(self, connection: Any) -> None:
        """Notes the connection that the pool hands to it; raises _BrokenOff if it is too late."""
        with self._lock:
            if self._broken_off:
                raise _BrokenOff
            self._connection = connection

    def release(self) -> None:
        """Gives the connection up, before the pool hands it to anybody else."""
        with self._lock:
            self._connection = None

    def break_off(self) -> None:
        """Shuts the connection's socket down: a thread that waits for a dead server returns."""
        with self._lock, suppress(OSError, psycopg2.InterfaceError):  # it is closed already
            self._broken_off = True
            if self._connection is not None:
                with socket.socket(fileno=os.dup(self._connection.fileno())) as connection:
                    connection.shutdown(socket.SHUT_RDWR)


def _create_engine(url: str, timeout_sec: float) -> sqlalchemy.Engine:
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(url).set(drivername="postgresql+psycopg2"),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=timeout_sec,
        isolation_level="AUTOCOMMIT",  # a transaction says so itself
        hide_parameters=True,  # errors are logged, prompts are not
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": max(2, round(timeout_sec)),  # libpq takes 1 for 2
            "options": f"-c statement_timeout={round(timeout_sec * 1000)} -c timezone=UTC",
        },
    )
    event.listen(engine, "checkout", _check_out)
    event.listen(engine, "checkin", _check_in)
    return engine


def _check_out(connection: Any, *_: object) -> None:
    """An idle connection has nothing to read unless it was closed: the pool takes another."""
    idle = select.poll()  # not select(): that cannot watch the 1024th file of a busy process
    idle.register(connection, select.POLLIN)
    if idle.poll(0):
        raise exc.DisconnectionError
    _Work.of_thread.work.take(connection)


def _check_in(*_: object) -> None:
    _Work.of_thread.work.release()


def _load_queries(engine: sqlalchemy.Engine) -> Queries:
    folders = sorted(str(path) for path in (ROOT / "db" / "queries").iterdir())
    queries = Module(folders[0])
    queries.add_queries(*folders[1:])
    queries.setengine(engine)
    return queries


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of DATABASE_URL, closed at the end."""
    database = await asyncio.to_thread(create_database, settings)
    try:
        yield database
    finally:
        await database.close()


def create_database(settings: Settings) -> Database:
    """The database of DATABASE_URL; it connects with the first transaction."""
    if settings.DATABASE_URL is None:
        raise ConfigurationError(
            "DATABASE_URL is not set: set it to a Postgres database, "
            "or start everything with `python -m app.embedded`."
        )
    try:
        return Database(settings.DATABASE_URL.get_secret_value(), settings.DATABASE_TIMEOUT_SEC)
    except (exc.ArgumentError, ValueError):  # the latter for a port that is none
        raise ConfigurationError(
            "DATABASE_URL is not a URL of the form postgresql://user:password@host:5432/name."
        ) from None
