"""The journal of streamed answers."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
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
OF_ONE = "SELECT text FROM journal WHERE message_uuid = %s ORDER BY position"
WAITING = """
    SELECT pid FROM pg_locks
    WHERE relation = CAST('journal' AS regclass) AND NOT granted
"""


async def insert_under_way(database_url: str) -> UUID:
    """The uuid of an answer that is being generated."""
    [(uuid,)] = await asyncio.to_thread(run_sql, database_url, UNDER_WAY)
    return UUID(str(uuid))


async def is_waiting(database_url: str) -> bool:
    """Whether a batch waits for a lock on the journal."""
    return bool(await asyncio.to_thread(run_sql, database_url, WAITING))


async def texts_of(database_url: str, generation: Generation) -> list[str]:
    """What the journal has of an answer, a batch each."""
    rows = await asyncio.to_thread(run_sql, database_url, OF_ONE, generation.start.uuid)
    return [text for (text,) in rows]


@contextmanager
def held_journal(database_url: str) -> Iterator[Any]:
    """A connection that lets nobody write to the journal until it is rolled back."""
    with closing(psycopg2.connect(database_url)) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLE journal IN SHARE MODE")
        yield holder


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
        with held_journal(database_url) as holder:
            async with journal.recorded(generation):
                generation.publish(Delta("1", 2, "m", "Hello", None))
                flush = asyncio.create_task(journal.flush())
                await until(partial(is_waiting, database_url))
                asyncio.get_running_loop().call_later(0.1, holder.rollback)
            assert await texts_of(database_url, generation) == ["Hello"]
            await flush

    async def test_what_comes_meanwhile_is_for_the_next_time(
        self, database_url: str, shared_database: Database
    ) -> None:
        """A fast stream is written as often as any other, however long it takes to write it."""
        generation = Generation("m", 60, await insert_under_way(database_url))
        journal = Journal(shared_database)
        with held_journal(database_url) as holder:
            async with journal.recorded(generation):
                generation.publish(Delta("1", 2, "m", "Hello", None))
                flush = asyncio.create_task(journal.flush())
                await until(partial(is_waiting, database_url))
                generation.publish(Delta("1", 2, "m", " you", None))
                holder.rollback()
                await flush
                assert await texts_of(database_url, generation) == ["Hello"]
                await journal.flush()
            assert await texts_of(database_url, generation) == ["Hello", " you"]
