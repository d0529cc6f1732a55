"""Services: ready, revived, stopped. They are real processes: Python's own HTTP server."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from app.core.links import LOOPBACK, base_url
from app.embedded import services
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import answers, free_port
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.services import Backoff, ModuleService, PostgresService, Service
from tests.support.waiting import until


@pytest.fixture
def service_url() -> str:
    """Where the service answers once it runs."""
    return base_url(LOOPBACK, free_port(LOOPBACK))


@pytest.fixture
async def service(service_url: str) -> AsyncIterator[ModuleService]:
    """A service that answers."""
    service = http_service(service_url)
    await service.start({})
    await service.wait_until_ready()
    yield service
    await service.stop()


@pytest.fixture
def seen_postgres(open_folder: Path) -> EmbeddedPostgres:
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
    return next(child for child in psutil.Process().children() if port in child.cmdline())


@asynccontextmanager
async def watched(service: Service) -> AsyncIterator[None]:
    """Keeps the service running while the block runs."""
    watching = asyncio.create_task(service.keep_running())
    yield
    watching.cancel()
    await asyncio.wait([watching])


class TestModuleService:
    async def test_ready_service_answers(self, service: ModuleService, service_url: str) -> None:
        """A service that is ready answers."""
        assert await asyncio.to_thread(answers, f"{service_url}/")

    async def test_service_that_ends_at_its_start_is_an_error(self, service_url: str) -> None:
        """A module that ends at its start ends the wait for it."""
        service = http_service(service_url, "--no-such-option")
        await service.start({})
        with pytest.raises(EmbeddedStartFailed, match="The service ended before it was ready"):
            await service.wait_until_ready()

    async def test_killed_service_is_started_again(
        self, service: ModuleService, service_url: str
    ) -> None:
        """A killed process is started again."""
        killed = process_of(service_url)
        async with watched(service):
            killed.kill()
            await until(lambda: not killed.is_running())
            await until(lambda: asyncio.to_thread(answers, f"{service_url}/"))

    async def test_stop_leaves_no_process(self, service_url: str) -> None:
        """A stopped service leaves no process behind."""
        service = http_service(service_url)
        await service.start({})
        await service.wait_until_ready()
        process = process_of(service_url)
        await service.stop()
        assert not process.is_running()

    async def test_disobedient_process_is_killed(self, service_url: str) -> None:
        """A process that does not obey is killed when its grace is over."""
        service = http_service(service_url, grace_sec=0.01)
        await service.start({})
        await service.wait_until_ready()
        process = process_of(service_url)
        process.suspend()
        await service.stop()
        assert not process.is_running()


class TestPostgresService:
    async def test_killed_postgres_is_started_again(
        self, postgres_service: PostgresService, seen_postgres: EmbeddedPostgres, open_folder: Path
    ) -> None:
        """A killed server is started again, and stopped at the end."""
        await postgres_service.start()
        async with watched(postgres_service):
            pid = (open_folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0]
            os.kill(int(pid), signal.SIGKILL)
            await until(lambda: asyncio.to_thread(lambda: not seen_postgres.is_running()))
            await until(lambda: asyncio.to_thread(seen_postgres.is_running))
        await postgres_service.stop()
        assert not await asyncio.to_thread(seen_postgres.is_running)

    async def test_unstarted_postgres_can_be_stopped(
        self, postgres_service: PostgresService
    ) -> None:
        """A service that was never started can be stopped."""
        await postgres_service.stop()


class TestBackoff:
    def test_delay_doubles_to_its_bound(self) -> None:
        """Every delay is twice the last one, until the longest."""
        backoff = Backoff()
        delays = [backoff.next_delay() for _ in range(8)]
        assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]

    def test_delay_begins_anew_after_steady_running(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A service that ran long is started again as soon as the first time."""
        monkeypatch.setattr(services, "STEADY_SEC", 0)
        backoff = Backoff()
        assert [backoff.next_delay() for _ in range(3)] == [0.2, 0.2, 0.2]
