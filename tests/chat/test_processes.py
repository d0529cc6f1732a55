"""Which processes count as dead."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.chat import processes
from app.chat.generation import Generation
from app.chat.models import Message
from app.chat.processes import LEASE_SEC, Process
from app.chat.under_way import GenerationsUnderWay
from app.core.caller import NOBODY, SERVICE, Caller
from app.db import Database
from tests.support.generations import MESSAGE
from tests.support.psql import run_sql
from tests.support.waiting import until

OF_A_SILENT_PROCESS = """
    INSERT INTO message (uuid, model, role, message, status, process_uuid, created_at)
    VALUES (gen_random_uuid(), 'm', 'assistant', '', 'generating', gen_random_uuid(),
            clock_timestamp() - make_interval(secs => %s))
    RETURNING uuid
"""


class Watched:
    """A process whose clock is the test's, and what it asks of Postgres by that clock."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.beats = 0
        self.judged_at: list[float] = []
        self._query = database.query
        monkeypatch.setattr(processes, "time", lambda: self.now)
        monkeypatch.setattr(processes, "BEAT_SEC", 0.001)
        monkeypatch.setattr(database, "query", self._watch)

    async def beat(self, seconds: float) -> None:
        """The process says that it is alive, so many seconds after it said so last."""
        self.now += seconds
        beats = self.beats
        await until(lambda: self.beats >= beats + 2)

    async def _watch(self, caller: Caller, name: str, **given: Any) -> Any:
        if name == "end_abandoned_messages":
            self.judged_at.append(self.now)
        result = await self._query(caller, name, **given)
        self.beats += name == "beat"
        return result


class TestJudging:
    """When a process ends the answers of others."""

    async def test_not_soon_after_a_gap_of_its_own(
        self, shared_database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A machine that was asleep wakes its processes one by one: the first judges nobody."""
        watched = Watched(shared_database, monkeypatch)
        process = Process(shared_database, max_generation_sec=60)
        living = asyncio.create_task(process.live(GenerationsUnderWay(20), ()))
        while not watched.judged_at:
            await watched.beat(seconds=1)
        await watched.beat(seconds=3600)
        settled = watched.now + LEASE_SEC + shared_database.timeout_sec
        while watched.now < settled + 2:
            await watched.beat(seconds=1)
        living.cancel()
        assert min(at for at in watched.judged_at if at > 2000) > settled

    async def test_not_of_a_process_that_has_just_begun(
        self, database_url: str, shared_database: Database
    ) -> None:
        """A process that asks before it could say that it is alive keeps its answer."""
        uuids = [
            (await asyncio.to_thread(run_sql, database_url, OF_A_SILENT_PROCESS, age))[0][0]
            for age in (1, LEASE_SEC + 1)
        ]
        given = {"uuid": UUID(int=1), "known": "{}", "lease_seconds": LEASE_SEC, "seconds": 120}
        await shared_database.query(SERVICE, "end_abandoned_messages", **given)
        ended = await asyncio.to_thread(
            run_sql, database_url, "SELECT uuid FROM message WHERE status = 'failed'"
        )
        assert [uuid for uuid in uuids if (uuid,) in ended] == uuids[1:]


class TestDeleted:
    """Answers whose row is gone."""

    async def test_is_cancelled_once_it_was_stored(self, shared_database: Database) -> None:
        """An answer without a row is cancelled, unless it has not been stored yet."""
        under_way, never = GenerationsUnderWay(20), asyncio.Event()
        deleted, waiting = Generation("m", 60), Generation("m", 60)
        for generation in (waiting, deleted):
            under_way.run(NOBODY, generation, _wait_within(generation, never), stream=True)
        deleted.is_stored = True
        process = Process(shared_database, max_generation_sec=60)
        living = asyncio.create_task(process.live(under_way, ()))
        await until(lambda: deleted.has_ended)
        assert not waiting.deadline.is_cancelled
        living.cancel()
        await under_way.close()


async def _wait_within(generation: Generation, event: asyncio.Event) -> Message:
    async with generation.deadline.limit():
        await event.wait()
    return MESSAGE
