"""The journal of streamed answers."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from app.chat.events import Delta
from app.chat.generation import Generation
from app.chat.journal import Journal
from app.core.exceptions import DatabaseUnavailable
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
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
# Nobody writes to the journal, or no batch of one answer.
HOLD_ALL = "LOCK TABLE journal IN SHARE MODE"
HOLD_ONE = "SELECT FROM message WHERE uuid = %s FOR UPDATE"
BREAK_OFF = f"SELECT pg_terminate_backend(pid) FROM ({WAITING}) AS waiting"


async def new_generation(database_url: str, content: str) -> Generation:
    """A stored answer under way, which has one delta."""
    [(uuid,)] = await asyncio.to_thread(run_sql, database_url, UNDER_WAY)
    generation = Generation("m", 60, UUID(str(uuid)))
    generation.publish(Delta("1", 2, "m", content, None))
    return generation


async def is_waiting(database_url: str) -> bool:
    """Whether Postgres holds up a batch."""
    return bool(await asyncio.to_thread(run_sql, database_url, WAITING))


async def begin_flush(journal: Journal, database_url: str) -> asyncio.Task[None]:
    """A flush whose first batch Postgres holds up."""
    flush = asyncio.create_task(journal.flush())
    await until(partial(is_waiting, database_url))
    return flush


async def texts_of(database_url: str, generation: Generation) -> list[str]:
    """What the journal has of an answer, a batch each."""
    rows = await asyncio.to_thread(run_sql, database_url, OF_ONE, generation.start.uuid)
    return [text for (text,) in rows]


@contextmanager
def held(database_url: str, statement: str = HOLD_ALL, *values: object) -> Iterator[Any]:
    """A connection that keeps what this statement locks until it is rolled back."""
    with closing(psycopg2.connect(database_url)) as holder, holder.cursor() as cursor:
        cursor.execute(statement, values)
        yield holder


class TestFlush:
    """What is new is written."""

    async def test_one_that_is_refused_does_not_hold_up_the_others(
        self, database_url: str, shared_database: Database
    ) -> None:
        """An answer that Postgres cannot hold costs the others nothing of their journals."""
        generations = [await new_generation(database_url, text) for text in ("\x00", "Hello")]
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
        generation = await new_generation(database_url, "Hello")
        journal = Journal(shared_database)
        with held(database_url) as holder:
            async with journal.recorded(generation):
                flush = await begin_flush(journal, database_url)
                asyncio.get_running_loop().call_later(0.1, holder.rollback)
            assert await texts_of(database_url, generation) == ["Hello"]
            await flush

    async def test_no_batch_is_tried_again_after_the_end(
        self, database_url: str, shared_database: Database
    ) -> None:
        """What could not be written is tried again, but for an answer that has ended meanwhile."""
        ended, other = [await new_generation(database_url, "Hello") for _ in range(2)]
        journal = Journal(shared_database)
        async with journal.recorded(other):
            async with journal.recorded(ended):
                with held(database_url):
                    flush = await begin_flush(journal, database_url)
                    await asyncio.to_thread(run_sql, database_url, BREAK_OFF)
                    with pytest.raises(DatabaseUnavailable):
                        await flush
            await journal.flush()
            assert await texts_of(database_url, ended) == []
            assert await texts_of(database_url, other) == ["Hello"]

    async def test_no_batch_of_a_refused_statement_comes_after_the_end(
        self, database_url: str, shared_database: Database
    ) -> None:
        """After a refusal batches are written one by one; one whose answer has ended is not."""
        refused = await new_generation(database_url, "\x00")
        other, ended = [await new_generation(database_url, "Hello") for _ in range(2)]
        journal = Journal(shared_database)
        with held(database_url, HOLD_ONE, str(other.start.uuid)) as holder:
            async with journal.recorded(refused), journal.recorded(other):
                async with journal.recorded(ended):
                    flush = await begin_flush(journal, database_url)
                    asyncio.get_running_loop().call_soon(holder.rollback)
                await flush
        assert await texts_of(database_url, ended) == []
        assert await texts_of(database_url, other) == ["Hello"]

    async def test_what_comes_meanwhile_is_for_the_next_time(
        self, database_url: str, shared_database: Database
    ) -> None:
        """A fast stream is written as often as any other, however long it takes to write it."""
        generation = await new_generation(database_url, "Hello")
        journal = Journal(shared_database)
        with held(database_url) as holder:
            async with journal.recorded(generation):
                flush = await begin_flush(journal, database_url)
                generation.publish(Delta("1", 2, "m", " you", None))
                holder.rollback()
                await flush
                assert await texts_of(database_url, generation) == ["Hello"]
                await journal.flush()
            assert await texts_of(database_url, generation) == ["Hello", " you"]
