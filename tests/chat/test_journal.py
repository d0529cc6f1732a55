"""The journal of streamed answers."""

import asyncio

from app.chat.events import Delta
from app.chat.generation import Generation
from app.chat.journal import Journal
from app.db import Database
from tests.support.psql import run_sql

UNDER_WAY = """
    INSERT INTO message (uuid, model, role, message, status)
    VALUES (gen_random_uuid(), 'm', 'assistant', '', 'generating')
    RETURNING uuid
"""


class TestFlush:
    """What is new is written."""

    async def test_one_that_is_refused_does_not_hold_up_the_others(
        self, database_url: str, shared_database: Database
    ) -> None:
        """An answer that Postgres cannot hold costs the others nothing of their journals."""
        generations = []
        for content in ("\x00", "Hello"):
            [(uuid,)] = await asyncio.to_thread(run_sql, database_url, UNDER_WAY)
            generations.append(Generation("m", 60, uuid))
            generations[-1].publish(Delta("1", 2, "m", content, None))
        journal = Journal(shared_database)
        with journal.recorded(generations[0]), journal.recorded(generations[1]):
            await journal.flush()
            rows = await asyncio.to_thread(
                run_sql,
                database_url,
                "SELECT text FROM journal WHERE message_uuid IN (%s, %s)",
                *(generation.start.uuid for generation in generations),
            )
        assert rows == [("Hello",)]
