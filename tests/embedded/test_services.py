"""Services: ready, revived, stopped. Each is a real process: the standard library's HTTP server."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from app.embedded import services
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import LOOPBACK, answers, base_url, free_port
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.services import Backoff, ModuleService, PostgresService, Service
from tests.waiting import until


@pytest.fixture
def url() -> str:
    """Where the service answers once it runs."""
    return base_url(LOOPBACK, free_port(LOOPBACK))


@pytest.fixture
async def service(url: str) -> AsyncIterator[ModuleService]:
    """A service that answers."""
    service = http_service(url)
    await service.start({})
    await service.wait_until_ready()
    yield service
    await service.stop()


@pytest.fixture
def postgres(open_folder: Path) -> EmbeddedPostgres:
    """A look at the server from outside."""
    return EmbeddedPostgres(open_folder)


@pytest.fixture
def postgres_service(open_folder: Path) -> PostgresService:
    """A service that has not been started."""
    return PostgresService(open_folder)


def http_service(url: str, *extra: str, grace_sec: float = 5) -> ModuleService:
    """A service that has not been started."""
    port = url.rpartition(":")[2]
    return ModuleService(
        *("The service", "http.server", port, "--bind", LOOPBACK, *extra),
        health_url=f"{url}/",
        grace_sec=grace_sec,
    )


def process_of(url: str) -> psutil.Process:
    """The process behind the service."""
    port = url.rpartition(":")[2]
    return next(each for each in psutil.Process().children() if port in each.cmdline())


@asynccontextmanager
async def watched(service: Service) -> AsyncIterator[None]:
    """Keeps the service running while the block runs."""
    watching = asyncio.create_task(service.keep_running())
    yield
    watching.cancel()
    await asyncio.wait([watching])


class TestModuleService:
    async def test_ready(self, service: ModuleService, url: str) -> None:
        """Once it is ready, it answers."""
        assert await asyncio.to_thread(answers, f"{url}/")

    async def test_ends_at_its_start(self, url: str) -> None:
        """A module that cannot start ends the wait for it."""
        service = http_service(url, "--no-such-option")
        await service.start({})
        with pytest.raises(EmbeddedStartFailed, match="The service ended before it was ready"):
            await service.wait_until_ready()

    async def test_killed(self, service: ModuleService, url: str) -> None:
        """A killed process is started again."""
        killed = process_of(url)
        async with watched(service):
            killed.kill()
            await until(lambda: not killed.is_running())
            await until(lambda: asyncio.to_thread(answers, f"{url}/"))

    async def test_stopped(self, url: str) -> None:
        """A stop leaves no process behind."""
        service = http_service(url)
        await service.start({})
        await service.wait_until_ready()
        process = process_of(url)
        await service.stop()
        assert not process.is_running()

    async def test_does_not_stop(self, url: str) -> None:
        """A process that does not obey is killed when its grace is over."""
        service = http_service(url, grace_sec=0.01)
        await service.start({})
        await service.wait_until_ready()
        process = process_of(url)
        process.suspend()
        await service.stop()
        assert not process.is_running()


class TestPostgresService:
    async def test_killed(
        self, postgres_service: PostgresService, postgres: EmbeddedPostgres, open_folder: Path
    ) -> None:
        """A killed server is started again, and stopped at the end."""
        await postgres_service.start()
        async with watched(postgres_service):
            pid = (open_folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0]
            os.kill(int(pid), signal.SIGKILL)
            await until(lambda: asyncio.to_thread(lambda: not postgres.is_running()))
            await until(lambda: asyncio.to_thread(postgres.is_running))
        await postgres_service.stop()
        assert not await asyncio.to_thread(postgres.is_running)

    async def test_never_started(self, postgres_service: PostgresService) -> None:
        """A stop before the start is nothing."""
        await postgres_service.stop()


class TestBackoff:
    def test_grows_to_its_bound(self) -> None:
        """Each delay is twice the last, until the longest."""
        backoff = Backoff()
        delays = [backoff.next_delay() for _ in range(8)]
        assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]

    def test_after_steady_running(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What ran long is started again as soon as at first."""
        monkeypatch.setattr(services, "STEADY_SEC", 0)
        backoff = Backoff()
        assert [backoff.next_delay() for _ in range(3)] == [0.2, 0.2, 0.2]
