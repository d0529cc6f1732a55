"""Gunicorn with two workers, as it serves in production, in processes of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final, Self

import aiohttp
import psutil

from app.core.constants import ROOT
from benchmarks.processes import free_port, isolated
from tests.support.waiting import until

WORKERS: Final = 2
START_SEC: Final = 60.0
CONFIG: Final = ROOT / "settings" / "gunicorn.conf.py"


class Gunicorn:
    """Up inside the `async with` block; its port stays the same when it is started again."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gunicorn.log"
        self._folder = folder
        self._environment = isolated(
            PORT=str(self.port),
            WORKERS=str(WORKERS),
            LOG_LEVEL="WARNING",
            ENVIRONMENT="production",
            AUTH_REQUIRED="false",
            **environment,
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """A test that has failed leaves nothing that runs."""
        self._signal_group(signal.SIGKILL)
        await self.wait()

    async def start(self) -> None:
        """Starts it; returns when it answers."""
        self._launch()
        await self.until_it_answers()

    async def until_it_answers(self) -> None:
        """Returns when all parts are there."""
        async with aiohttp.ClientSession(self.url) as session:

            async def is_ready() -> bool:
                assert self._process.poll() is None, self.log.read_text()[-2000:]
                with suppress(aiohttp.ClientError):
                    async with session.get("/readiness") as response:
                        return response.status == 200
                return False

            await until(is_ready, START_SEC)

    def workers(self) -> set[psutil.Process]:
        """The processes that answer."""
        return set(psutil.Process(self._process.pid).children())

    def reload(self) -> None:
        """Has new workers take the place of the old ones, as a deploy does."""
        self._process.send_signal(signal.SIGHUP)

    async def terminate(self) -> int:
        """Ends it, as a deploy does; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return await self.wait()

    async def kill(self) -> None:
        """Kills all of it, and starts it again."""
        self._signal_group(signal.SIGKILL)
        await self.wait()
        await self.start()

    async def kill_worker(self, random: Random) -> None:
        """Kills one of the processes that answer, for which gunicorn starts another."""
        await until(lambda: bool(self.workers()))  # those killed before have been replaced
        random.choice([*self.workers()]).kill()
        await self.until_it_answers()

    async def wait(self) -> int:
        """Returns its exit code once it has ended."""
        return await asyncio.to_thread(self._process.wait)

    def _launch(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "app.main:app", "--config", str(CONFIG)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,  # where there is no .env
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
