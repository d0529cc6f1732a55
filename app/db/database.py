"""The queries of db/queries, awaitable: one engine, one PugSQL module.

PugSQL and psycopg2 are synchronous, so everything here runs in a bounded pool of threads, a whole
transaction in one of them. What a driver raises leaves as DatabaseUnavailable, or as
DatabaseError if the query is at fault.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

import psycopg2
import sqlalchemy
from async_timeout import timeout
from pugsql.compiler import Module
from sqlalchemy import exc

from app.core.caller import SERVICE, Caller
from app.core.constants import MIGRATIONS, ROOT
from app.core.exceptions import ConfigurationError, DatabaseUnavailable, NotAuthenticated
from app.db.engine import POOL_SIZE, ROLE, create_engine
from app.db.work import Work
from settings import Settings

Row = dict[str, Any]
T = TypeVar("T")

BEHIND: Final = "The migrations of DATABASE_URL have to be applied: run `make migrate`"
NO_ROLE: Final = (
    f"The user of DATABASE_URL cannot take the role {ROLE}: run `make migrate`, "
    f"or have an operator run `GRANT {ROLE} TO` that user."
)
OWNER_REFERENCE: Final = re.compile(r"\w+_user_id_fkey")
UNDEFINED_TABLE: Final = "42P01"
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
        self._newest_migration = max(file.name.partition("_")[0] for file in MIGRATIONS.iterdir())
        self._threads = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="database")

    async def query(self, caller: Caller, name: str, /, **parameters: Any) -> Any:
        """What one query returns (many rows as a list), committed; DatabaseUnavailable if it fails.

        It commits by itself, in one round trip in place of three and at half the CPU of `run`.
        """
        queries = Queries(self._queries, caller)
        return await self._run(caller, partial(_query, queries, name, parameters))

    async def run(
        self, caller: Caller, work: Callable[[Queries], T], *, timeout_sec: float | None = None
    ) -> T:
        """Runs `work` in one transaction and commits it; DatabaseUnavailable if that fails.

        One of many statements may take `timeout_sec` in all, each as long as any other.
        """
        queries = Queries(self._queries, caller)
        return await self._run(caller, partial(_transact, queries, work), timeout_sec)

    async def _run(
        self, caller: Caller, call: Callable[[], T], timeout_sec: float | None = None
    ) -> T:
        work = Work(caller, call)
        loop = asyncio.get_running_loop()
        try:
            async with timeout(timeout_sec or self.timeout_sec):
                return await loop.run_in_executor(self._threads, work.run)
        except TimeoutError:
            work.break_off()
            raise DatabaseUnavailable from None
        except asyncio.CancelledError:
            work.break_off()  # its thread must not go on waiting
            raise
        except UNAVAILABLE as error:
            if f'"{ROLE}"' in str(error):  # in whatever language Postgres refuses it
                raise ConfigurationError(NO_ROLE) from error
            raise DatabaseUnavailable from error
        except exc.DBAPIError as error:
            if error.connection_invalidated:
                raise DatabaseUnavailable from error
            raise _without_values(error) from None

    async def require_policies(self) -> None:
        """Raises ConfigurationError where the policies do not bind us; later connections ask again.

        Returns also where Postgres does not answer yet.
        """
        with suppress(DatabaseUnavailable, DatabaseError):
            await self.query(SERVICE, "get_schema_version")

    async def ready(self) -> None:
        """Returns when Postgres answers; ConfigurationError where it lacks migrations."""
        try:
            applied: str | None = await self.query(SERVICE, "get_schema_version")
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
    with queries.module.transaction() as session:
        session.connection(execution_options={"isolation_level": "READ COMMITTED"})
        return work(queries)


def _without_values(error: exc.DBAPIError) -> Exception:
    """Only what comes first: DETAIL and CONTEXT quote the row that is refused."""
    refusal = error.orig
    assert isinstance(refusal, psycopg2.Error)
    if OWNER_REFERENCE.fullmatch(refusal.diag.constraint_name or ""):
        return NotAuthenticated()  # the caller was deleted meanwhile
    reason = refusal.diag.message_primary or type(refusal).__name__  # the driver has no diagnosis
    return DatabaseError(reason, refusal.pgcode)


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
            "or start everything with `python -m app.embedded`."
        )
    try:
        return Database(
            settings.DATABASE_URL.get_secret_value(),
            settings.DATABASE_TIMEOUT_SEC,
            policies_required=settings.requires_auth,
        )
    except (exc.ArgumentError, ValueError):  # the latter for a port that is none
        raise ConfigurationError(
            "DATABASE_URL is not a URL of the form postgresql://user:password@host:5432/name."
        ) from None
