"""Deploys under streams: a reload, and an end with a start after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import pytest

from benchmarks.answers import Answer
from tests.load.readers import Reader, opened_session
from tests.support.deployment import Deployment
from tests.support.server import content_of
from tests.support.waiting import until

pytestmark = pytest.mark.load

STREAMS: Final = 100
LATE_AT_ONCE: Final = 10
BEGINNING_SEC: Final = 20.0
BRIEF: Final = Answer(tokens=3, tokens_per_second=10)
SHORT: Final = Answer(tokens=40, tokens_per_second=8)
MEDIUM: Final = Answer(tokens=100, tokens_per_second=8)
LONG: Final = Answer(tokens=400, tokens_per_second=8)
GRACEFUL_TIMEOUT_SEC: Final = 3


class TestReload:
    async def test_no_stream_is_lost(self, deployment: Deployment) -> None:
        """Streams in flight are finished by the old workers, and none that comes is refused."""
        async with deployment.gunicorn() as server, opened_session(server.url) as session:
            old = server.workers()
            async with _streams(session, SHORT) as readers:
                server.reload()
                while server.workers() & old:
                    late = [Reader(session, BRIEF) for _ in range(LATE_AT_ONCE)]
                    await asyncio.gather(*(reader.ask() for reader in late))
                    readers.extend(late)
            assert [reader for reader in readers if not reader.has_all] == []

    async def test_worker_that_drains_is_not_taken_for_dead(self, deployment: Deployment) -> None:
        """Streams in flight have GRACEFUL_TIMEOUT_SEC, also where TIMEOUT is shorter."""
        async with (
            deployment.gunicorn(TIMEOUT="2") as server,
            opened_session(server.url) as session,
        ):
            async with _streams(session, MEDIUM) as readers:
                server.reload()
            assert [reader for reader in readers if not reader.has_all] == []


class TestTerm:
    async def test_no_stream_is_lost(self, deployment: Deployment) -> None:
        """Streams in flight are finished before the server ends."""
        async with deployment.gunicorn() as server, opened_session(server.url) as session:
            async with _streams(session, SHORT) as readers:
                assert await server.terminate() == 0
            assert [reader for reader in readers if not reader.has_all] == []

    async def test_what_is_left_over_is_resumed(self, deployment: Deployment) -> None:
        """What GRACEFUL_TIMEOUT_SEC breaks off is taken up at the next server, as `partial`."""
        grace = {"GRACEFUL_TIMEOUT_SEC": f"{GRACEFUL_TIMEOUT_SEC}"}
        async with deployment.gunicorn(**grace) as server, opened_session(server.url) as session:
            async with _streams(session, LONG) as readers:
                assert await server.terminate() == 0
            await server.start()
            assert all(reader.was_broken for reader in readers)
            for reader in readers:
                await _take_up(reader)


@asynccontextmanager
async def _streams(session: aiohttp.ClientSession, answer: Answer) -> AsyncIterator[list[Reader]]:
    """Readers whose streams have begun, and have ended after the block."""
    readers = [Reader(session, answer) for _ in range(STREAMS)]
    async with asyncio.TaskGroup() as tasks:
        for reader in readers:
            tasks.create_task(reader.ask())
        await until(lambda: all(reader.uuid for reader in readers), BEGINNING_SEC)
        yield readers


async def _take_up(reader: Reader) -> None:
    await reader.resume()
    assert reader.read == await reader.whole()
    last = reader.events[-1]
    text = content_of(reader.events)
    assert text
    assert reader.expected.startswith(text)
    assert (last["event"], last["data"]["status"]) == ("done", "partial")
    assert last["data"]["message"] == text
