"""The command lines, as their users run them: in a process each, away from any .env."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any, Self

from app.core.caller import NOBODY
from app.core.constants import ROOT
from app.db import open_database
from app.documents.services import DocumentService
from settings import Settings
from tests.support.forks import Outcome, run_in_fork
from tests.support.knowledge import text_document


class Command:
    """`python -m app.documents …`, or another: what a test stops, or reads no further."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls,
        settings: Settings,
        *arguments: str | Path,
        module: str = "app.documents",
        output: int = asyncio.subprocess.PIPE,
    ) -> Self:
        """Starts it with the database and the folder of these settings."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module, *map(str, arguments)),
            env=_environment(settings),
            cwd=settings.DATA_DIR.parent,
            stdout=output,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process)

    def send(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        self._process.send_signal(number)

    async def outcome(self) -> Outcome:
        """Waits for its end."""
        output, errors = await asyncio.wait_for(self._process.communicate(), 60)
        assert self._process.returncode is not None
        return Outcome(
            self._process.returncode,
            (output or b"").decode().splitlines(),
            errors.decode().splitlines(),
        )


async def run(settings: Settings, *arguments: str | Path, module: str = "app.documents") -> Outcome:
    """Runs a command to its end, in a fork: to import it takes longer than most commands."""
    told = [*map(str, arguments)]
    folder = settings.DATA_DIR.parent
    return await asyncio.to_thread(run_in_fork, module, told, _environment(settings), folder)


def _environment(settings: Settings) -> dict[str, str]:
    """What tells a command the database, the folder and the index of these settings."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(settings.DATA_DIR),
        "QDRANT_COLLECTION_NAME": settings.QDRANT_COLLECTION_NAME,
        "MAX_DOCUMENT_BYTES": str(settings.MAX_DOCUMENT_BYTES),
    }
    if settings.DATABASE_URL:
        environment["DATABASE_URL"] = settings.DATABASE_URL.get_secret_value()
    return environment


async def put_in(settings: Settings, text: str, source: str = "ducks.txt", **given: Any) -> None:
    """Puts a text in, as a server without a worker would."""
    async with open_database(settings) as database:
        document = text_document(text, source, **given)
        await DocumentService(database).add(NOBODY, document)
