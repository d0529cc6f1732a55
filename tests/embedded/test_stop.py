"""The end of an embedded start, in order or by force."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from app.embedded.locks import DirectoryLock
from app.embedded.migrations import migrate
from app.embedded.ports import answers
from app.embedded.postgres import EmbeddedPostgres
from tests.embedded.launch import Launch, ended
from tests.fakes import FakeOpenAI, refusing_url
from tests.server import connect
from tests.template import execute
from tests.waiting import until

INSERT_DOCUMENT = """
    INSERT INTO document (uuid, title, source, media_type, bytes, sha256, status, passages_done)
    VALUES (gen_random_uuid(), 'Ducks', 'a.txt', 'text/plain', 1, 'a', 'pending', 0)
"""


class Finished(NamedTuple):
    """A start that was stopped, and the processes that it was."""

    launch: Launch
    processes: list[psutil.Process]


def fill(data_dir: Path) -> None:
    """Puts a document in: no start then spends its time on the samples."""
    with EmbeddedPostgres(data_dir) as url:
        migrate(url)
        execute(url, INSERT_DOCUMENT)


@pytest.fixture(scope="module")
async def finished(open_folder: Path) -> AsyncIterator[Finished]:
    """A start with another model, which has answered once and was stopped with Ctrl-C."""
    data_dir = open_folder / "data"
    await asyncio.to_thread(fill, data_dir)
    async with FakeOpenAI() as fake:
        launch = await asyncio.to_thread(Launch, data_dir, OPENAI_BASE_URL=fake.url)
        async with connect(launch.url) as client:
            response = await client.post("/v1/completion", json={"message": "Is it kept?"})
            assert response.status_code == 200
        processes = [*launch.modules(), launch.postmaster(), *launch.postmaster().children()]
        assert await asyncio.to_thread(launch.end, signal.SIGINT) == 0
        yield Finished(launch, processes)


class TestStop:
    def test_only_what_is_missing(self, finished: Finished) -> None:
        """Where a model is configured, none is started."""
        assert "Local model" not in finished.launch.output

    def test_no_samples(self, finished: Finished) -> None:
        """A knowledge base that holds anything gets no samples."""
        assert "The knowledge base is empty" not in finished.launch.output

    def test_nothing_left_behind(self, finished: Finished) -> None:
        """No process, lock or socket is left."""
        data_dir = finished.launch.data_dir
        assert all(ended(each) for each in finished.processes)
        lock = DirectoryLock(data_dir)
        assert lock.try_take()
        lock.release()
        names = {each.name for each in data_dir.rglob("*")}
        assert not {"postmaster.pid", ".s.PGSQL.5432"} & names
        assert not answers(f"{finished.launch.url}/healthcheck")

    async def test_killed_launcher(self, finished: Finished) -> None:
        """A killed launcher takes its parts with it, and the next start finds everything."""
        data_dir, model = finished.launch.data_dir, refusing_url()
        killed = await asyncio.to_thread(Launch, data_dir, "--reload", OPENAI_BASE_URL=model)
        modules, postmaster = killed.modules(), killed.postmaster()
        killed.end(signal.SIGKILL)
        await until(lambda: all(ended(each) for each in modules))
        launch = await asyncio.to_thread(Launch, data_dir, OPENAI_BASE_URL=model)
        async with connect(launch.url) as client:
            kept = (await client.get("/v1/messages")).json()
        assert await asyncio.to_thread(launch.end) == 0
        assert "Is it kept?" in [each["message"] for each in kept]
        assert ended(postmaster)
