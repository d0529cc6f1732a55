"""The seam to Postgres: one engine, one PugSQL module, awaitable.

PugSQL and psycopg2 are synchronous, so everything here runs in a bounded pool of threads, a whole
transaction in one of them. What a driver raises leaves this file as DatabaseUnavailable.
"""

import asyncio
import os
import select
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
import psycopg2
import sqlalchemy
from async_timeout import timeout
from pugsql.compiler import Module
from sqlalchemy import event, exc

from app.core.constants import ROOT
from app.core.exceptions import ConfigurationError, DatabaseUnavailable
from settings import Settings

Queries = Any  # a PugSQL module: a function for each file in db/queries, untyped
Row = dict[str, Any]
T = TypeVar("T")

POOL_SIZE: Final = 8
MAX_GROUP: Final = 200
UNAVAILABLE: Final = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)


class Database:
    """Runs the queries of db/queries off the event loop, each call one transaction."""

    def __init__(self, url: str, timeout_sec: float) -> None:
        self._timeout_sec = timeout_sec
        self._engine = _create_engine(url, timeout_sec)
        self._queries = _load_queries(self._engine)
        self._threads = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="database")

    async def run(self, work: Callable[[Queries], T]) -> T:
        """Runs `work` in one transaction and commits it; DatabaseUnavailable if that fails."""
        transaction = _Transaction(self._queries, work)
        loop = asyncio.get_running_loop()
        try:
            async with timeout(self._timeout_sec):
                return await loop.run_in_executor(self._threads, transaction.run)
        except TimeoutError:
            transaction.abort()
            raise DatabaseUnavailable from None
        except asyncio.CancelledError:
            transaction.abort()  # a thread must not wait for what nobody waits for
            raise
        except UNAVAILABLE as error:
            raise DatabaseUnavailable from error
        except exc.DBAPIError as error:
            if error.connection_invalidated:
                raise DatabaseUnavailable from error
            raise

    def group(self, query: str) -> "GroupCommit":
        """Collects rows for `query`, which takes a JSON array of them as `rows`."""
        return GroupCommit(self, query, self._timeout_sec)

    async def ready(self) -> None:
        """Returns when Postgres answers; raises DatabaseUnavailable otherwise."""
        await self.run(lambda queries: queries.ping())

    async def close(self) -> None:
        """Lets the transactions under way end, and closes every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


class _Transaction:
    """One unit of work in a worker thread, which the event loop can break off."""

    def __init__(self, queries: Queries, work: Callable[[Queries], Any]) -> None:
        self._queries = queries
        self._work = work
        self._lock = threading.Lock()
        self._connection: Any = None
        self._aborted = False

    def run(self) -> Any:
        if self._aborted:
            return None  # nobody waits for it any more, and it has not begun
        with self._queries.transaction() as session:
            pooled = session.connection().connection
            pooled.record_info[_Transaction] = self
            if not self._take(pooled.dbapi_connection):
                return None  # nor now that a slow connection is there
            return self._work(self._queries)

    def _take(self, connection: Any) -> bool:
        with self._lock:
            self._connection = connection
            return not self._aborted

    def release(self) -> None:
        """Gives the connection up, before the pool hands it to anybody else."""
        with self._lock:
            self._connection = None

    def abort(self) -> None:
        """Shuts the connection's socket down: a thread that waits for a dead server returns."""
        with self._lock, suppress(OSError, psycopg2.InterfaceError):  # it is closed already
            self._aborted = True
            if self._connection is not None:
                with socket.socket(fileno=os.dup(self._connection.fileno())) as connection:
                    connection.shutdown(socket.SHUT_RDWR)


class GroupCommit:
    """Writes the rows of concurrent callers in one statement and one commit.

    A caller waits for the commit in flight and then shares the next with everyone who came
    meanwhile; alone, it waits for nothing. One bad row fails its own caller only.
    """

    def __init__(self, database: Database, query: str, timeout_sec: float) -> None:
        self._database = database
        self._query = query
        self._timeout_sec = timeout_sec
        self._waiting: list[tuple[list[Row], asyncio.Future[list[Row]]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, rows: list[Row]) -> list[Row]:
        """Commits `rows` together; returns what the query returns of them, in order.

        Raises DatabaseUnavailable, or what is wrong with these rows.
        """
        done: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        try:
            async with timeout(self._timeout_sec):  # the wait for the commit in flight included
                return await done
        except TimeoutError:
            raise DatabaseUnavailable from None

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
            group = [(rows, done) for rows, done in group if not done.cancelled()]
            if group:
                await self._write_group(group)

    async def _write_group(self, group: list[tuple[list[Row], asyncio.Future[list[Row]]]]) -> None:
        try:
            returned = await self._write([row for rows, _ in group for row in rows])
            answers = [[returned[row["uuid"]] for row in rows] for rows, _ in group]
        except DatabaseUnavailable as error:
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 # whatever a row holds, nobody waits for ever
            if len(group) == 1:
                return _fail(group, error)
            for each in group:
                await self._write_group([each])
        else:
            for (_, done), answer in zip(group, answers, strict=True):
                if not done.done():
                    done.set_result(answer)

    async def _write(self, rows: list[Row]) -> dict[UUID, Row]:
        document = orjson.dumps(rows).decode()
        statement = self._query
        written = await self._database.run(
            lambda queries: list(getattr(queries, statement)(rows=document))
        )
        return {row["uuid"]: row for row in written}


def _fail(group: list[tuple[list[Row], asyncio.Future[list[Row]]]], error: Exception) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(error)


def _create_engine(url: str, timeout_sec: float) -> sqlalchemy.Engine:
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(url).set(drivername="postgresql+psycopg2"),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=timeout_sec,
        hide_parameters=True,  # errors are logged, prompts are not
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": max(2, round(timeout_sec)),  # libpq takes 1 for 2
            "options": f"-c statement_timeout={round(timeout_sec * 1000)} -c timezone=UTC",
        },
    )
    event.listen(engine, "checkout", _refuse_if_dropped)
    event.listen(engine, "checkin", _release)
    return engine


def _refuse_if_dropped(connection: Any, *_: object) -> None:
    """An idle connection has nothing to read unless it was closed: the pool takes another."""
    idle = select.poll()  # not select(): that cannot watch the 1024th file of a busy process
    idle.register(connection, select.POLLIN)
    if idle.poll(0):
        raise exc.DisconnectionError


def _release(_: object, record: Any) -> None:
    transaction = record.record_info.pop(_Transaction, None)
    if transaction is not None:
        transaction.release()


def _load_queries(engine: sqlalchemy.Engine) -> Queries:
    folders = sorted(str(path) for path in (ROOT / "db" / "queries").iterdir())
    queries = Module(folders[0])
    queries.add_queries(*folders[1:])
    queries.setengine(engine)
    return queries


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
