"""The journal of streamed answers."""

import asyncio
from contextlib import closing
from uuid import UUID

import psycopg2

from app.chat.events import Delta
from app.chat.generation import Generation
from app.chat.journal import Journal
from app.db import Database
from tests.support.psql import run_sql
from tests.support.waiting import until

UNDER_WAY = """
    INSERT INTO message (uuid, model, role, message, status)
    VALUES (gen_random_uuid(), 'm', 'assistant', '', 'generating')
    RETURNING uuid
"""
OF_ONE = "SELECT text FROM journal WHERE message_uuid = %s"
WAITING = """
    SELECT pid FROM pg_locks
    WHERE relation = CAST('journal' AS regclass) AND NOT granted
"""


async def insert_under_way(database_url: str) -> UUID:
    """The uuid of an answer that is being generated."""
    [(uuid,)] = await asyncio.to_thread(run_sql, database_url, UNDER_WAY)
    return UUID(str(uuid))


class TestFlush:
    """What is new is written."""

    async def test_one_that_is_refused_does_not_hold_up_the_others(
        self, database_url: str, shared_database: Database
    ) -> None:
        """An answer that Postgres cannot hold costs the others nothing of their journals."""
        generations = []
        for content in ("\x00", "Hello"):
            uuid = await insert_under_way(database_url)
            generations.append(Generation("m", 60, uuid))
            generations[-1].publish(Delta("1", 2, "m", content, None))
        journal = Journal(shared_database)
        async with journal.recorded(generations[0]), journal.recorded(generations[1]):
            await journal.flush()
            rows = await asyncio.to_thread(
                run_sql,
                database_url,
                "SELECT text FROM journal WHERE message_uuid IN (%s, %s)",
                *(generation.start.uuid for generation in generations),
            )
        assert rows == [("Hello",)]

    async def test_no_batch_comes_after_the_end(
        self, database_url: str, shared_database: Database
    ) -> None:
        """The end of an answer waits for a batch of it that is on its way to Postgres."""
        generation = Generation("m", 60, await insert_under_way(database_url))
        journal = Journal(shared_database)

        async def is_waiting() -> bool:
            return bool(await asyncio.to_thread(run_sql, database_url, WAITING))

        with closing(psycopg2.connect(database_url)) as holder, holder.cursor() as cursor:
            cursor.execute("LOCK TABLE journal IN SHARE MODE")
            async with journal.recorded(generation):
                generation.publish(Delta("1", 2, "m", "Hello", None))
                flush = asyncio.create_task(journal.flush())
                await until(is_waiting)
                asyncio.get_running_loop().call_later(0.1, holder.rollback)
            rows = await asyncio.to_thread(run_sql, database_url, OF_ONE, generation.start.uuid)
            await flush
        assert rows == [("Hello",)]
