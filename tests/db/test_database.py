"""The seam to Postgres."""

import asyncio
import threading
from functools import partial
from traceback import format_exception
from uuid import uuid4
from weakref import ref

import pytest

from app.core.caller import SERVICE
from app.core.exceptions import ConfigurationError, DatabaseUnavailable
from app.db import Database, DatabaseError, Queries, create_database
from app.db.database import _transact
from app.db.engine import POOL_SIZE
from app.db.work import Work
from settings import Settings
from tests.support.databases import message, opened, sleep, stored, to_json
from tests.support.waiting import Stopwatch, until


class Document(str):
    """A text of which can be told when it is gone."""

    __slots__ = ("__weakref__",)


def count_beside(_: Document, queries: Queries) -> int:
    """Work that is given a document."""
    return int(queries.count_jobs())


class TestRun:
    """Work in one transaction."""

    async def test_transaction_returns_what_its_work_does(self, shared_database: Database) -> None:
        """A transaction returns what the work in it returns."""
        assert await shared_database.run(SERVICE, lambda queries: queries.count_jobs()) == 0

    async def test_transaction_runs_off_the_loop(self, shared_database: Database) -> None:
        """A transaction runs in another thread than the event loop."""
        thread = await shared_database.run(SERVICE, lambda _: threading.current_thread())
        assert thread is not threading.current_thread()

    async def test_failed_work_leaves_nothing_behind(self, shared_database: Database) -> None:
        """Work that fails half-way leaves nothing behind, and its own error is raised."""
        row = message()

        def work(queries: Queries) -> None:
            list(queries.insert_messages(rows=to_json([row])))
            raise LookupError

        with pytest.raises(LookupError):
            await shared_database.run(SERVICE, work)
        assert await stored(shared_database, row["uuid"]) is None

    async def test_error_carries_no_values(self, shared_database: Database) -> None:
        """The error of a refused row does not carry its values, which may be prompts."""
        row = message() | {"role": "nobody", "message": "swordfish"}
        with pytest.raises(DatabaseError) as raised:
            await shared_database.query(SERVICE, "insert_messages", rows=to_json([row]))
        logged = "".join(format_exception(raised.value))
        assert 'violates check constraint "message_role_check" (23514)' in logged
        assert "swordfish" not in logged

    async def test_nothing_is_kept_when_work_is_done(self, shared_database: Database) -> None:
        """What was written, a whole document perhaps, is let go of when its work is done."""
        document = Document("ducks")
        kept = ref(document)
        await shared_database.run(SERVICE, partial(count_beside, document))
        del document
        await until(lambda: kept() is None)

    async def test_many_transactions_take_turns(self, shared_database: Database) -> None:
        """More transactions than there are connections take turns."""
        pings = [
            shared_database.run(SERVICE, lambda queries: queries.count_jobs()) for _ in range(50)
        ]
        assert await asyncio.gather(*pings) == [0] * 50

    async def test_values_come_in_their_types(self, shared_database: Database) -> None:
        """Times come aware and in UTC, JSON decoded, uuids as such."""
        row = message()
        await shared_database.query(SERVICE, "insert_messages", rows=to_json([row]))
        found = await stored(shared_database, row["uuid"])
        assert found is not None
        assert found["created_at"].utcoffset().total_seconds() == 0
        assert (found["uuid"], found["sources"]) == (row["uuid"], [])

    async def test_slow_statement_is_broken_off(self, database_url: str) -> None:
        """A statement that takes longer than DATABASE_TIMEOUT_SEC is broken off."""
        async with opened(database_url, timeout_sec=0.2) as database:
            with Stopwatch() as watch, pytest.raises(DatabaseUnavailable):
                await database.run(SERVICE, sleep)
            assert watch.seconds < 1
            await database.ready()

    async def test_cancelled_work_is_broken_off(self, shared_database: Database) -> None:
        """Work whose caller is gone is broken off, and its thread is free again."""
        begun, ended = threading.Event(), threading.Event()

        def work(queries: Queries) -> None:
            begun.set()
            try:
                sleep(queries)
            finally:
                ended.set()

        running = asyncio.create_task(shared_database.run(SERVICE, work))
        await until(begun.is_set)
        running.cancel()
        await until(ended.is_set, seconds=1)
        await shared_database.ready()

    async def test_late_break_off_disturbs_no_other(self, shared_database: Database) -> None:
        """Breaking off work that is over does not disturb the next on its connection."""
        queries = Queries(  # a race that cannot be had from outside
            shared_database._queries, SERVICE  # noqa: SLF001 # likewise
        )
        over = Work(SERVICE, lambda: _transact(queries, lambda queries: queries.count_jobs()))
        await asyncio.to_thread(over.run)

        def work(queries: Queries) -> int:
            queries.count_jobs()
            over.break_off()
            return int(queries.count_jobs())

        assert await shared_database.run(SERVICE, work) == 0


class TestQuery:
    """One query that commits by itself."""

    async def test_query_of_one_row_gives_it_or_none(self, shared_database: Database) -> None:
        """A query of one row returns it, or None."""
        row = message()
        await shared_database.query(SERVICE, "insert_messages", rows=to_json([row]))
        for uuid, expected in ((row["uuid"], row["uuid"]), (uuid4(), None)):
            found = await shared_database.query(SERVICE, "get_message", uuid=uuid, user_id=None)
            assert (found and found["uuid"]) == expected

    async def test_query_of_many_rows_gives_all(self, shared_database: Database) -> None:
        """A query of many rows returns all of them, committed."""
        rows = [message() for _ in range(3)]
        written = await shared_database.query(SERVICE, "insert_messages", rows=to_json(rows))
        assert [row["uuid"] for row in written] == [row["uuid"] for row in rows]
        assert all([await stored(shared_database, row["uuid"]) for row in rows])

    async def test_refused_query_writes_nothing(self, shared_database: Database) -> None:
        """A query that Postgres refuses writes nothing, and the next one works."""
        rows = [message(), message() | {"role": "king"}]
        with pytest.raises(DatabaseError):
            await shared_database.query(SERVICE, "insert_messages", rows=to_json(rows))
        assert await stored(shared_database, rows[0]["uuid"]) is None

    async def test_used_connection_commits_by_itself(
        self, shared_database: Database, database_url: str
    ) -> None:
        """A connection that a transaction has used commits by itself again."""
        row = message()
        for _ in range(2 * POOL_SIZE):
            await shared_database.run(SERVICE, lambda queries: queries.count_jobs())
        await shared_database.query(SERVICE, "insert_messages", rows=to_json([row]))
        async with opened(database_url) as other:
            assert await stored(other, row["uuid"])


class TestCreateDatabase:
    """DATABASE_URL."""

    def test_missing_url_is_one_sentence(self) -> None:
        """Without DATABASE_URL a sentence says what to do."""
        with pytest.raises(ConfigurationError, match="DATABASE_URL is not set"):
            create_database(Settings())

    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
    async def test_every_spelling_of_the_scheme_works(self, database_url: str, scheme: str) -> None:
        """Every common spelling of the scheme of DATABASE_URL works."""
        async with opened(database_url.replace("postgresql", scheme, 1)) as database:
            await database.ready()
