"""Many streams at a time, whose clients come and go."""

import asyncio
import os
from random import Random
from typing import Final

import aiohttp
import pytest

from benchmarks.answers import Answer
from tests.load.readers import Reader, opened_session
from tests.support.deployment import Deployment
from tests.support.gunicorn_server import Gunicorn

pytestmark = pytest.mark.load

STREAMS: Final = 500
SECONDS: Final = int(os.environ.get("CHURN_SEC", "60"))
SETTLED_SEC: Final = 20  # after which memory does not grow any more
GROWTH: Final = 1.05
LEAVING: Final = 1 / 3
RETURNING: Final = 1 / 2
LONGEST_ABSENCE_SEC: Final = 5
EVENT_BYTES: Final = 150  # about
ANSWER: Final = Answer(tokens=50, tokens_per_second=5)


class TestChurn:
    async def test_nobody_loses_anything(self, deployment: Deployment) -> None:
        """Who stays reads all, who comes back finds the rest, and memory does not grow."""
        async with (
            deployment.gunicorn() as server,
            opened_session(server.url) as session,
            asyncio.TaskGroup() as tasks,
        ):
            crowd = Crowd(session)
            for _ in range(STREAMS):
                tasks.create_task(crowd.follow_streams())
            memory = await _memory(server)
        settled = memory[SETTLED_SEC:]
        assert max(settled) <= GROWTH * min(settled), memory
        assert min(crowd.stayed, crowd.left, crowd.returned) > STREAMS // 4


class Crowd:
    """Clients of whom some leave their streams, and some of these come back."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.stayed = self.left = self.returned = 0
        self._session = session
        self._random = Random()
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + SECONDS

    async def follow_streams(self) -> None:
        """One client, who reads one stream after the other."""
        while self._loop.time() < self._ends_at:
            reader = Reader(self._session, ANSWER)
            if self._random.random() < LEAVING:
                await self._leave(reader)
            else:
                await self._stay(reader)

    async def _stay(self, reader: Reader) -> None:
        await reader.ask()
        assert reader.has_all, reader.events[-1:]
        self.stayed += 1

    async def _leave(self, reader: Reader) -> None:
        await reader.ask(leave_after=self._random.randrange(ANSWER.tokens * EVENT_BYTES))
        self.left += 1
        if self._random.random() < RETURNING:
            await asyncio.sleep(self._random.uniform(0, LONGEST_ABSENCE_SEC))
            await reader.resume()
            assert reader.has_all, reader.events[-1:]
            assert reader.read == await reader.whole()
            self.returned += 1


async def _memory(server: Gunicorn) -> list[int]:
    """Bytes of all workers together, after each second."""
    workers = server.workers()
    memory = []
    for _ in range(SECONDS):
        await asyncio.sleep(1)
        memory.append(sum(worker.memory_info().rss for worker in workers))
    return memory
