"""The end of an embedded start, in order or by force."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from app.core.locks import DirectoryLock
from app.embedded.migrations import migrate
from app.embedded.ports import answers
from app.embedded.postgres import EmbeddedPostgres
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.launch import Launch, ended
from tests.support.server import connect
from tests.support.template import execute
from tests.support.waiting import until

SAMPLES_GO_IN = "The knowledge base is empty"
INSERT_DOCUMENT = """
    INSERT INTO document (uuid, title, source, media_type, bytes, sha256, status, passages_done)
    VALUES (gen_random_uuid(), 'Ducks', 'a.txt', 'text/plain', 1, 'a', 'pending', 0)
"""


class StoppedStart(NamedTuple):
    """A start that was stopped, and the processes that it was."""

    launch: Launch
    processes: list[psutil.Process]


def fill(data_dir: Path) -> None:
    """Puts a document in, which is no sample."""
    with EmbeddedPostgres(data_dir) as url:
        migrate(url)
        execute(url, INSERT_DOCUMENT)


@pytest.fixture(scope="module")
async def finished(open_folder: Path) -> AsyncIterator[StoppedStart]:
    """A start with another model and no samples, which answered once and was stopped (Ctrl-C)."""
    data_dir = open_folder / "data"
    async with FakeOpenAI() as fake:
        environment = {"SAMPLE_DOCUMENTS": "false", "OPENAI_BASE_URL": fake.url}
        launch = await asyncio.to_thread(Launch, data_dir, **environment)
        async with connect(launch.url) as client:
            response = await client.post("/v1/completion", json={"message": "Is it kept?"})
            assert response.status_code == 200
        processes = [*launch.modules(), launch.postmaster(), *launch.postmaster().children()]
        assert await asyncio.to_thread(launch.end, signal.SIGINT) == 0
        yield StoppedStart(launch, processes)


class TestStop:
    def test_configured_model_starts_no_other(self, finished: StoppedStart) -> None:
        """Where a model is configured, none is started."""
        assert "Local model" not in finished.launch.output

    def test_setting_keeps_samples_out(self, finished: StoppedStart) -> None:
        """With SAMPLE_DOCUMENTS off a start puts nothing in."""
        assert SAMPLES_GO_IN not in finished.launch.output

    def test_stop_leaves_nothing_behind(self, finished: StoppedStart) -> None:
        """A stopped start leaves no process, lock or socket."""
        data_dir = finished.launch.data_dir
        assert all(map(ended, finished.processes))
        lock = DirectoryLock(data_dir)
        assert lock.try_take()
        lock.release()
        names = {file.name for file in data_dir.rglob("*")}
        assert not {"postmaster.pid", ".s.PGSQL.5432"} & names
        assert not answers(f"{finished.launch.url}/healthcheck")

    async def test_killed_launcher_takes_its_parts_with_it(self, finished: StoppedStart) -> None:
        """A killed launcher takes its parts with it, and the next start finds everything.

        A knowledge base that holds anything gets no samples.
        """
        data_dir, model = finished.launch.data_dir, refusing_url()
        await asyncio.to_thread(fill, data_dir)
        killed = await asyncio.to_thread(Launch, data_dir, "--reload", OPENAI_BASE_URL=model)
        modules, postmaster = killed.modules(), killed.postmaster()
        killed.end(signal.SIGKILL)
        await until(lambda: all(map(ended, modules)))
        launch = await asyncio.to_thread(Launch, data_dir, OPENAI_BASE_URL=model)
        async with connect(launch.url) as client:
            kept = (await client.get("/v1/messages")).json()
        assert await asyncio.to_thread(launch.end) == 0
        assert "Is it kept?" in [message["message"] for message in kept]
        assert ended(postmaster)
        assert SAMPLES_GO_IN not in killed.output + launch.output
