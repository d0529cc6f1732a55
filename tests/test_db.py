"""The seam to Postgres."""

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from traceback import format_exception
from uuid import uuid4
from weakref import ref

import pytest

from app.core.exceptions import ConfigurationError, DatabaseUnavailable
from app.db import POOL_SIZE, Database, DatabaseError, Queries, _transact, _Work, create_database
from settings import Settings
from tests.databases import message, opened, sleep, stored, to_json
from tests.waiting import Stopwatch, until


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with little patience."""
    async with opened(database_url) as database:
        yield database


class Document(str):
    """A text that can be told to be gone."""

    __slots__ = ("__weakref__",)


def count_beside(_: Document, queries: Queries) -> int:
    """Some work with a document."""
    return int(queries.count_work())


class TestRun:
    """One transaction."""

    async def test_result(self, database: Database) -> None:
        """It returns what the work returns."""
        assert await database.run(lambda queries: queries.count_work()) == 0

    async def test_off_the_loop(self, database: Database) -> None:
        """It runs in another thread."""
        thread = await database.run(lambda _: threading.current_thread())
        assert thread is not threading.current_thread()

    async def test_rollback(self, database: Database) -> None:
        """Work that fails half-way leaves nothing behind, and its own error is raised."""
        row = message()

        def work(queries: Queries) -> None:
            list(queries.insert_messages(rows=to_json([row])))
            raise LookupError

        with pytest.raises(LookupError):
            await database.run(work)
        assert await stored(database, row["uuid"]) is None

    async def test_error_without_values(self, database: Database) -> None:
        """What Postgres refuses does not carry the values, which may be prompts, into a log."""
        row = message() | {"role": "nobody", "message": "swordfish"}
        with pytest.raises(DatabaseError) as raised:
            await database.query("insert_messages", rows=to_json([row]))
        logged = "".join(format_exception(raised.value))
        assert 'violates check constraint "message_role_check" (23514)' in logged
        assert "swordfish" not in logged

    async def test_nothing_kept(self, database: Database) -> None:
        """What was written, a whole document perhaps, is not held until its thread works again."""
        document = Document("ducks")
        kept = ref(document)
        await database.run(partial(count_beside, document))
        del document
        await until(lambda: kept() is None)

    async def test_many(self, database: Database) -> None:
        """More transactions than there are connections take turns."""
        pings = [database.run(lambda queries: queries.count_work()) for _ in range(50)]
        assert await asyncio.gather(*pings) == [0] * 50

    async def test_types(self, database: Database) -> None:
        """Times come aware and in UTC, JSON decoded, uuids as such."""
        row = message()
        await database.query("insert_messages", rows=to_json([row]))
        found = await stored(database, row["uuid"])
        assert found is not None
        assert found["created_at"].utcoffset().total_seconds() == 0
        assert (found["uuid"], found["sources"]) == (row["uuid"], [])

    async def test_slow_statement(self, database_url: str) -> None:
        """A statement that takes longer than DATABASE_TIMEOUT_SEC is broken off."""
        async with opened(database_url, timeout_sec=0.2) as database:
            with Stopwatch() as watch, pytest.raises(DatabaseUnavailable):
                await database.run(sleep)
            assert watch.seconds < 1
            await database.ready()

    async def test_cancelled(self, database: Database) -> None:
        """Work whose caller is gone is broken off, and its thread is free again."""
        begun, ended = threading.Event(), threading.Event()

        def work(queries: Queries) -> None:
            begun.set()
            try:
                sleep(queries)
            finally:
                ended.set()

        running = asyncio.create_task(database.run(work))
        await until(begun.is_set)
        running.cancel()
        await until(ended.is_set, seconds=1)
        await database.ready()

    async def test_cancelled_late(self, database: Database) -> None:
        """Breaking off what is over does no harm to who has its connection now."""
        queries = database._queries  # noqa: SLF001 # a race that cannot be had from outside
        over = _Work(lambda: _transact(queries, lambda queries: queries.count_work()))
        await asyncio.to_thread(over.run)

        def work(queries: Queries) -> int:
            queries.count_work()
            over.break_off()
            return int(queries.count_work())

        assert await database.run(work) == 0


class TestQuery:
    """One query that commits by itself."""

    async def test_one(self, database: Database) -> None:
        """A query of one row returns it, or None."""
        row = message()
        await database.query("insert_messages", rows=to_json([row]))
        for uuid, expected in ((row["uuid"], row["uuid"]), (uuid4(), None)):
            found = await database.query("get_message", uuid=uuid, user_id=None)
            assert (found and found["uuid"]) == expected

    async def test_many_rows(self, database: Database) -> None:
        """A query of many rows returns all of them, committed."""
        rows = [message() for _ in range(3)]
        written = await database.query("insert_messages", rows=to_json(rows))
        assert [each["uuid"] for each in written] == [each["uuid"] for each in rows]
        assert all([await stored(database, each["uuid"]) for each in rows])

    async def test_error(self, database: Database) -> None:
        """One that Postgres refuses writes nothing, and the next one works."""
        rows = [message(), message() | {"role": "king"}]
        with pytest.raises(DatabaseError):
            await database.query("insert_messages", rows=to_json(rows))
        assert await stored(database, rows[0]["uuid"]) is None

    async def test_after_a_transaction(self, database: Database, database_url: str) -> None:
        """A connection that a transaction has used commits by itself again."""
        row = message()
        for _ in range(2 * POOL_SIZE):
            await database.run(lambda queries: queries.count_work())
        await database.query("insert_messages", rows=to_json([row]))
        async with opened(database_url) as other:
            assert await stored(other, row["uuid"])


class TestCreateDatabase:
    """DATABASE_URL."""

    def test_missing(self) -> None:
        """Without it there is a sentence that says what to do."""
        with pytest.raises(ConfigurationError, match="DATABASE_URL is not set"):
            create_database(Settings())

    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
    async def test_schemes(self, database_url: str, scheme: str) -> None:
        """Every common spelling of the scheme works."""
        async with opened(database_url.replace("postgresql", scheme, 1)) as database:
            await database.ready()
