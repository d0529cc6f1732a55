"""The parts of an embedded start: each is started, watched, started again, and stopped."""

import asyncio
import logging
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import answers
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.processes import end, kill_group, spawn

logger = logging.getLogger(__name__)

FIRST_DELAY_SEC: Final = 0.2
LONGEST_DELAY_SEC: Final = 10.0
# What has run for so long did not die of its start: the next delay is the first again.
STEADY_SEC: Final = 30.0
POLL_SEC: Final = 0.05


class Service(Protocol):
    """A part that the launcher keeps running."""

    async def keep_running(self) -> None:
        """Starts it again whenever it dies, until cancelled."""

    async def stop(self) -> None:
        """Returns once nothing of it is left."""


class Backoff:
    """Delays between the starts of what keeps dying: each twice the last, up to a bound."""

    def __init__(self) -> None:
        self._delay = 0.0
        self._last = time.monotonic()

    def next_delay(self) -> float:
        """Seconds to wait before the start that comes now."""
        steady = time.monotonic() - self._last > STEADY_SEC
        doubled = FIRST_DELAY_SEC if steady else 2 * self._delay
        self._delay = min(max(doubled, FIRST_DELAY_SEC), LONGEST_DELAY_SEC)
        self._last = time.monotonic()
        return self._delay


class ModuleService:
    """A Python module that serves HTTP in a process of its own."""

    def __init__(self, name: str, *arguments: str, health_url: str, grace_sec: float) -> None:
        self._name = name
        self._arguments = arguments
        self._health_url = health_url
        self._grace_sec = grace_sec

    async def start(self, environment: Mapping[str, str]) -> None:
        """Starts the process; `wait_until_ready` says when it answers."""
        self._environment = environment
        self._process: Process = await spawn(*self._arguments, environment=environment)

    async def wait_until_ready(self) -> None:
        """Returns once it answers; raises EmbeddedStartFailed if it ends instead."""
        while not await asyncio.to_thread(answers, self._health_url):
            if self._process.returncode is not None:
                raise EmbeddedStartFailed(f"{self._name} ended before it was ready.")
            await asyncio.sleep(POLL_SEC)

    async def keep_running(self) -> None:
        """Starts the process again whenever it ends, until cancelled."""
        backoff = Backoff()
        while True:
            await self._process.wait()
            logger.warning("%s died and is started again.", self._name)
            kill_group(self._process)
            await asyncio.sleep(backoff.next_delay())
            await self.start(self._environment)

    async def stop(self) -> None:
        """Lets the process finish what it is at, as long as its grace lasts."""
        await end(self._process, self._grace_sec)


class PostgresService:
    """The Postgres of a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._postgres = EmbeddedPostgres(data_dir)
        self._starting: asyncio.Future[str] | None = None

    async def start(self) -> str:
        """Returns the URL of a Postgres that answers."""
        # Shielded, as a thread cannot be cancelled: `stop` waits for it.
        self._starting = asyncio.ensure_future(asyncio.to_thread(self._postgres.start))
        return await asyncio.shield(self._starting)

    async def keep_running(self) -> None:
        """Starts the server again whenever it dies, until cancelled."""
        backoff = Backoff()
        while True:
            await asyncio.sleep(FIRST_DELAY_SEC)
            await asyncio.to_thread(self._rotate_log)
            if not await asyncio.to_thread(self._postgres.is_running):
                logger.warning("Postgres died and is started again.")
                await asyncio.sleep(backoff.next_delay())
                await self._revive()

    async def stop(self) -> None:
        """Stops the server, unless a command line beside still uses it."""
        if self._starting:
            await asyncio.wait([self._starting])
            if not self._starting.exception():
                await asyncio.to_thread(self._postgres.stop)

    def _rotate_log(self) -> None:
        try:
            self._postgres.rotate_log()
        except OSError as error:  # a full disk, say
            logger.warning("The log of Postgres cannot be put aside: %s", error.strerror)

    async def _revive(self) -> None:
        try:
            await self.start()
        except EmbeddedStartFailed as error:
            logger.warning("%s", error)
