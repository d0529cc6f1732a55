"""The queries of db/queries, awaitable: one engine, one PugSQL module.

PugSQL and psycopg2 are synchronous, so everything here runs in a bounded pool of threads, a whole
transaction in one of them. What a driver raises leaves as DatabaseUnavailable, or as
DatabaseError if the query is at fault.
"""

import asyncio
import math
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

import sqlalchemy
from async_timeout import timeout
from pugsql.compiler import Module
from sqlalchemy import exc

from app.core.caller import SERVICE, Caller
from app.core.constants import MIGRATIONS, ROOT
from app.core.exceptions import (
    ConfigurationError,
    DatabaseFull,
    DatabaseUnavailable,
    DatabaseUnusable,
    PoliciesUnbound,
)
from app.core.tracing.spans import POSTGRES, storage_span
from app.db.engine import POOL_SIZE, create_engine
from app.db.faults import BEHIND, FULL, NO_RIGHTS, UNAVAILABLE, DatabaseError, convert
from app.db.repetition import repeat
from app.db.work import Watch, Work
from settings import Settings

Row = dict[str, Any]
T = TypeVar("T")

WRITES: Final = re.compile(r"\b(?:INSERT|UPDATE|DELETE)\b")
# What these write is the same if they are run once more; a new row has a key of our choice.
REPEATABLE: Final = frozenset(
    {
        *("insert_messages", "finish_messages", "insert_chat", "touch_chat", "rename_chat"),
        *("renew_session", "touch_api_key", "renew_job", "renew_idempotency_key"),
    }
)
FULL_SEC: Final = 60.0
NO_ANSWER_SEC: Final = 1.0  # within which a connection that was idle has answered a ping


class Queries:
    """The queries of db/queries as a caller may run them: `user_id` is always the caller's."""

    def __init__(self, module: Module, caller: Caller) -> None:
        self.module = module
        self._user_id = caller.user_id

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The function of a query."""
        return partial(getattr(self.module, name), user_id=self._user_id)


class Database:
    """Runs the queries of db/queries off the event loop, each call one transaction.

    Each is made for a caller, whose rows alone the policies of Postgres let it see.
    """

    def __init__(self, url: str, timeout_sec: float, *, policies_required: bool = False) -> None:
        self.timeout_sec = timeout_sec
        self._engine = create_engine(url, timeout_sec, policies_required=policies_required)
        self._queries = _load_queries(self._engine)
        self._repeatable = REPEATABLE | _reads()
        self._newest_migration = max(file.name.partition("_")[0] for file in MIGRATIONS.iterdir())
        self._threads = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="database")
        self.calls = 0  # under way, some of which wait for a connection
        self._full_at = -math.inf  # when a write was last refused for want of room

    async def query(self, caller: Caller, name: str, /, **parameters: Any) -> Any:
        """What one query returns (many rows as a list), committed; DatabaseUnavailable if it fails.

        It commits by itself, in one round trip in place of three and at half the CPU of `run`.
        """
        call = partial(_query, Queries(self._queries, caller), name, parameters)
        if name in self._repeatable:
            call = partial(repeat, call)
        with storage_span(POSTGRES, name):
            return await self._run(caller, call)

    async def run(
        self, caller: Caller, work: Callable[[Queries], T], *, timeout_sec: float | None = None
    ) -> T:
        """Runs `work` in one transaction and commits it; DatabaseUnavailable if that fails.

        One of many statements may take `timeout_sec` in all, while one after another is done.
        """
        queries = Queries(self._queries, caller)
        with storage_span(POSTGRES, "transaction"):
            return await self._run(caller, partial(_transact, queries, work), timeout_sec)

    async def _run(
        self, caller: Caller, call: Callable[[], T], timeout_sec: float | None = None
    ) -> T:
        work = Work(caller, call)
        loop = asyncio.get_running_loop()
        ping = loop.call_later(min(NO_ANSWER_SEC, self.timeout_sec / 4), work.end_ping)
        limit = timeout(timeout_sec or self.timeout_sec)
        watch = Watch(work, limit, self.timeout_sec)
        self.calls += 1
        try:
            async with limit:
                return await loop.run_in_executor(self._threads, work.run)
        except TimeoutError:
            work.break_off()
            raise DatabaseUnavailable from None
        except asyncio.CancelledError:
            work.break_off()  # its thread must not go on waiting
            raise
        except (*UNAVAILABLE, exc.DBAPIError) as error:
            converted = convert(error)
            if isinstance(converted, DatabaseFull):
                self._full_at = monotonic()
            # What Postgres says of a query may quote its values.
            raise converted from (error if isinstance(converted, DatabaseUnavailable) else None)
        finally:
            self.calls -= 1
            ping.cancel()
            watch.stop()

    async def require_policies(self) -> None:
        """Raises PoliciesUnbound where the policies do not bind us; later connections ask again.

        Returns also where Postgres does not answer yet, or lacks what `ready` tells of.
        """
        try:
            await self.query(SERVICE, "get_schema_version")
        except PoliciesUnbound:
            raise
        except (DatabaseUnavailable, DatabaseError):
            pass

    async def ready(self) -> None:
        """Returns when Postgres answers; DatabaseUnusable where it lacks something.

        A full disk still reads: a write that it refused is told of for FULL_SEC.
        """
        if monotonic() - self._full_at < FULL_SEC:
            raise DatabaseFull(FULL)
        if await self.query(SERVICE, "lacks_rights"):
            raise DatabaseUnusable(NO_RIGHTS)
        applied: str | None = None
        try:
            applied = await self.query(SERVICE, "get_schema_version")
        except DatabaseUnusable as error:
            if error.detail == NO_RIGHTS:
                return  # a role that may not look at it: Postgres answers
            raise
        if applied is None or applied < self._newest_migration:
            raise DatabaseUnusable(
                f"{BEHIND} (it is at {applied}, not at {self._newest_migration})."
            )

    async def close(self) -> None:
        """Lets the transactions under way end, and closes every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()


def _query(queries: Queries, name: str, parameters: dict[str, Any]) -> Any:
    result = getattr(queries, name)(**parameters)
    return list(result) if isinstance(result, Iterator) else result


def _transact(queries: Queries, work: Callable[[Queries], T]) -> T:
    is_over = False

    def attempt() -> T:
        nonlocal is_over
        with queries.module.transaction() as session:
            session.connection(execution_options={"isolation_level": "READ COMMITTED"})
            result = work(queries)
            is_over = True
        return result

    return repeat(attempt, unless=lambda: is_over)  # its commit may have arrived


def _reads() -> frozenset[str]:
    """The queries that change nothing."""
    files = (ROOT / "db" / "queries").glob("*/*.sql")
    return frozenset(file.stem for file in files if not WRITES.search(file.read_text()))


def _load_queries(engine: sqlalchemy.Engine) -> Module:
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
            "or start everything with `brag run`."
        )
    return Database(
        settings.DATABASE_URL.get_secret_value(),
        settings.DATABASE_TIMEOUT_SEC,
        policies_required=settings.requires_auth,
    )
