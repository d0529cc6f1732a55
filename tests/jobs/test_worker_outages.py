"""The worker while Postgres is down."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from app.core.background import background
from app.core.exceptions import DatabaseUnavailable
from app.db import open_database
from app.jobs.worker import Worker
from settings import Settings
from tests.support.job_table import JobTable
from tests.support.postgres_proxy import PostgresProxy
from tests.support.waiting import until
from tests.support.workers import Recorder, Slow


@pytest.fixture
async def proxy(own_database_url: str) -> AsyncIterator[PostgresProxy]:
    """The network to Postgres of `cut_off`."""
    async with PostgresProxy(own_database_url) as proxy:
        yield proxy


@pytest.fixture
async def cut_off(own_database_url: str, proxy: PostgresProxy) -> AsyncIterator[JobTable]:
    """A job table whose workers can lose Postgres; psql does not."""
    settings = Settings(DATABASE_URL=SecretStr(proxy.url), DATABASE_TIMEOUT_SEC=2)
    async with open_database(settings) as database:
        yield JobTable(Settings(DATABASE_URL=SecretStr(own_database_url)), database)


class Looks:
    """Counts how often a worker looks for a job."""

    def __init__(self, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._step = worker.step
        monkeypatch.setattr(worker, "step", self._look)

    async def _look(self, max_bytes: int | None = None) -> bool:
        self.count += 1
        return await self._step(max_bytes)


class TestPostgresDown:
    async def test_worker_lives(
        self, cut_off: JobTable, proxy: PostgresProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker that finds no Postgres looks again until Postgres is back."""
        monkeypatch.setattr("app.jobs.worker.POLL_SEC", 0.05)
        expected = await cut_off.insert()
        recorder = Recorder(cut_off.database)
        worker = recorder.worker()
        looks = Looks(worker, monkeypatch)
        await proxy.refuse()
        async with background(worker.run()):
            await until(lambda: looks.count > 1)
            await proxy.resume()
            await until(lambda: recorder.done == [expected], seconds=20)

    async def test_told_once(
        self,
        cut_off: JobTable,
        proxy: PostgresProxy,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The log says why there is no Postgres, and not each time that the worker looks."""
        monkeypatch.setattr("app.jobs.worker.POLL_SEC", 0.02)
        worker = Recorder(cut_off.database).worker()
        looks = Looks(worker, monkeypatch)
        await proxy.refuse()
        async with background(worker.run()):
            await until(lambda: looks.count > 5)
        assert caplog.text.count("postgres is unavailable: OperationalError: connection to") == 1

    async def test_kept(
        self, cut_off: JobTable, proxy: PostgresProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker keeps its job although Postgres was away while it was at it."""
        monkeypatch.setattr("app.jobs.job.LEASE_SEC", 0.9)
        expected = await cut_off.insert()
        slow = Slow(cut_off.database)
        step = asyncio.create_task(slow.worker().step())
        await slow.begun.wait()
        proxy.hang()
        await proxy.held.wait()
        proxy.cut()
        proxy.pass_on()
        await cut_off.hurry()
        await until(lambda: cut_off.is_leased_for_longer(0))
        slow.may_end.set()
        await step
        assert slow.done == [expected]
        assert await cut_off.jobs_left() == 0

    async def test_lost_half_way(self, cut_off: JobTable, proxy: PostgresProxy) -> None:
        """A job that Postgres went away from is done from its beginning once Postgres is back."""
        expected = await cut_off.insert()
        slow = Slow(cut_off.database)
        worker = slow.worker()
        step = asyncio.create_task(worker.step())
        await slow.begun.wait()
        await proxy.refuse()
        slow.may_end.set()
        with pytest.raises(DatabaseUnavailable):
            await step
        assert slow.done == []
        await proxy.resume()
        await cut_off.hurry()
        assert await worker.step()
        assert slow.done == [expected]
