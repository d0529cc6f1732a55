"""The command lines, run as their users run them."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.core.caller import NOBODY
from app.core.constants import ROOT
from app.db import open_database
from app.documents.services import DocumentService
from settings import Settings
from tests.support.knowledge import text_document


@dataclass
class Outcome:
    """How a command ended, and what it said."""

    code: int
    output: list[str]
    errors: list[str]


class Command:
    """`python -m app.documents …`, or another, in a process of its own, away from any .env."""

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
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": str(settings.DATA_DIR),
            "QDRANT_COLLECTION_NAME": settings.QDRANT_COLLECTION_NAME,
        }
        if settings.DATABASE_URL:
            environment["DATABASE_URL"] = settings.DATABASE_URL.get_secret_value()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module, *map(str, arguments)),
            env=environment | {"MAX_DOCUMENT_BYTES": str(settings.MAX_DOCUMENT_BYTES)},
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
    """Runs a command to its end."""
    return await (await Command.start(settings, *arguments, module=module)).outcome()


async def put_in(settings: Settings, text: str, source: str = "ducks.txt") -> None:
    """Puts a text in, as a server without a worker would."""
    async with open_database(settings) as database:
        await DocumentService(database).add(NOBODY, text_document(text, source))
