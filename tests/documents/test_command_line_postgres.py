"""`python -m app.documents` without a DATABASE_URL: the Postgres below DATA_DIR."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.embedded.postgres import EmbeddedPostgres
from settings import Settings
from tests.support.commands import Command, run
from tests.support.waiting import until

NOTHING = "There are no documents."


@pytest.fixture(scope="module")
def bare() -> Iterator[Settings]:
    """A folder without a database, open to Postgres's own user."""
    with TemporaryDirectory(prefix="brag-") as folder:
        yield Settings(DATA_DIR=Path(folder))


@pytest.fixture(scope="module")
def postgres(bare: Settings) -> EmbeddedPostgres:
    """The Postgres in that folder."""
    return EmbeddedPostgres(bare.DATA_DIR)


class TestEmbeddedPostgres:
    async def test_started_and_stopped(self, bare: Settings, postgres: EmbeddedPostgres) -> None:
        """Without DATABASE_URL the Postgres below DATA_DIR is started, and stopped afterwards."""
        outcome = await run(bare, "list")
        assert (outcome.code, outcome.output) == (0, [])
        assert outcome.errors == [NOTHING]
        assert not await asyncio.to_thread(postgres.is_running)

    async def test_new_folder(self, bare: Settings) -> None:
        """A folder that is not there is told of: it may be a mistyped one."""
        folder = bare.DATA_DIR / "dtaa"
        outcome = await run(bare, "list", "--data-dir", str(folder))
        assert outcome.errors == [f"This is a new knowledge base: {folder}", NOTHING]

    async def test_running_one_is_used(self, bare: Settings, postgres: EmbeddedPostgres) -> None:
        """A Postgres below DATA_DIR that runs is used, and left running."""
        await asyncio.to_thread(postgres.start)
        try:
            outcome = await run(bare, "list")
            assert (outcome.code, outcome.output, outcome.errors) == (0, [], [NOTHING])
            assert await asyncio.to_thread(postgres.is_running)
        finally:
            await asyncio.to_thread(postgres.stop)

    async def test_interrupted(self, bare: Settings, postgres: EmbeddedPostgres) -> None:
        """A command that is broken off stops the Postgres that it started."""
        command = await Command.start(bare, "work")
        await until(lambda: asyncio.to_thread((bare.DATA_DIR / "qdrant").exists), seconds=30)
        command.send(signal.SIGTERM)
        outcome = await command.outcome()
        assert (outcome.code in {0, 143}, outcome.errors) == (True, [])
        assert not await asyncio.to_thread(postgres.is_running)

    async def test_told_to_stop_again_and_again(
        self, bare: Settings, postgres: EmbeddedPostgres
    ) -> None:
        """A command that is told to stop again and again, while Postgres starts, stops Postgres."""
        command = await Command.start(bare, "work")
        await until(lambda: asyncio.to_thread(_starts, bare.DATA_DIR), seconds=30)
        ending = asyncio.create_task(command.outcome())
        with suppress(ProcessLookupError):  # it has ended
            for _ in range(3):
                command.send(signal.SIGTERM)
                await asyncio.wait([ending], timeout=0.05)  # two signals at once count as one
        outcome = await ending
        assert (outcome.code, outcome.errors) == (143, [])
        assert not await asyncio.to_thread(postgres.is_running)


def _starts(directory: Path) -> bool:
    return any(directory.rglob("postmaster.pid"))
