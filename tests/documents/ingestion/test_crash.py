"""kill -9 at random moments: every document ends whole or gone, and no search finds a torn one."""

import asyncio
import os
import signal
import socket
from random import Random
from uuid import UUID

import httpx2

from app.embeddings.embedder import Embedder
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support import impatient_server
from tests.support.crash_clients import SUBJECTS, Clients
from tests.support.forks import forks
from tests.support.knowledge import open_knowledge
from tests.support.psql import sql
from tests.support.server import connect
from tests.support.waiting import until

CHANGES = 20
KILLS = 6
LONGEST_LIFE_SEC = 1.0
TEST_SEC = 240  # on a machine that does other things as well


class Service:
    """The service in a process of its own, which is killed and started again.

    Each start is a fork of a process that has imported the service, which takes a second.
    """

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self._port = unused.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._settings = settings

    async def start(self) -> None:
        """Starts it; returns when it answers."""
        self._process = forks().Process(
            target=impatient_server.run, args=(self._settings, self._port)
        )
        await asyncio.to_thread(self._process.start)
        await until(self._answers, seconds=60)

    async def end(self, number: signal.Signals) -> None:
        """Sends it a signal, and waits for its end."""
        assert self._process.pid
        os.kill(self._process.pid, number)
        await asyncio.to_thread(self._process.join)

    def kill(self) -> None:
        """Ends it, if anything went wrong before it was ended."""
        self._process.kill()

    async def _answers(self) -> bool:
        assert self._process.is_alive(), "It did not start."
        try:
            async with connect(self.url) as client:
                return (await client.get("/healthcheck")).status_code == 200
        except httpx2.HTTPError:
            return False


async def test_kill_9(make_settings: SettingsFactory, embedder: Embedder) -> None:
    """Ingests, replaces and deletes outlive kill -9 without help, and no search is torn."""
    settings = make_settings()
    await asyncio.to_thread(settings.DATA_DIR.mkdir)
    service = Service(settings)
    await service.start()
    try:
        async with connect(service.url) as client, asyncio.timeout(TEST_SEC):
            clients = Clients(client, Random())
            await live_through_kills(service, clients)
            await until(lambda: has_no_jobs(settings), seconds=TEST_SEC)
            await clients.check()
        await service.end(signal.SIGTERM)
    finally:
        service.kill()
    async with open_knowledge(settings, embedder) as knowledge:
        expected = {UUID(source.uuid): len(SUBJECTS) for source in clients.sources if source.uuid}
        assert await knowledge.store.documents() == expected
        assert await knowledge.drift() == 0
    assert clients.searches > CHANGES


async def live_through_kills(service: Service, clients: Clients) -> None:
    """Lets the clients do what they do, while the service dies at moments of chance."""
    async with asyncio.TaskGroup() as group:
        searching = group.create_task(clients.search())
        changing = group.create_task(clients.change(CHANGES))
        for _ in range(KILLS):
            await asyncio.wait([changing], timeout=Random().uniform(0, LONGEST_LIFE_SEC))
            await service.end(signal.SIGKILL)
            await service.start()
        await changing
        searching.cancel()


async def has_no_jobs(settings: Settings) -> bool:
    """Whether the job table is empty."""
    return await sql(settings, "SELECT FROM job") == []
