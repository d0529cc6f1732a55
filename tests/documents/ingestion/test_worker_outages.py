"""The worker of documents while Qdrant or Postgres is down."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.core.caller import NOBODY
from app.core.exceptions import DatabaseUnavailable
from app.embeddings.embedder import Embedder
from settings import Settings
from tests.support.knowledge import DUCKS, Knowledge, open_knowledge, pages
from tests.support.postgres_proxy import PostgresProxy
from tests.support.qdrant_double import QdrantDouble
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("small_steps")


@pytest.fixture
async def remote(
    own_database_url: str, embedder: Embedder, qdrant: QdrantDouble
) -> AsyncIterator[Knowledge]:
    """A knowledge base whose vectors are on a Qdrant server."""
    settings = Settings(DATABASE_URL=SecretStr(own_database_url), QDRANT_URL=qdrant.url)
    async with open_knowledge(settings, embedder) as knowledge:
        yield knowledge


@pytest.fixture
async def proxy(own_database_url: str) -> AsyncIterator[PostgresProxy]:
    """The network to Postgres of `cut_off`."""
    async with PostgresProxy(own_database_url) as proxy:
        yield proxy


@pytest.fixture
async def cut_off(
    proxy: PostgresProxy, embedder: Embedder, tmp_path: Path
) -> AsyncIterator[Knowledge]:
    """A knowledge base that can lose Postgres."""
    settings = Settings(
        DATABASE_URL=SecretStr(proxy.url), DATABASE_TIMEOUT_SEC=2, DATA_DIR=tmp_path / "cut-off"
    )
    async with open_knowledge(settings, embedder) as knowledge:
        yield knowledge


async def has_come_to(knowledge: Knowledge, passages: int) -> bool:
    """Whether a document has so many passages."""
    [(done,)] = await knowledge.sql("SELECT max(passages_done) FROM document")
    return bool(done >= passages)


class TestQdrantDown:
    async def test_postponed(self, remote: Knowledge, qdrant: QdrantDouble) -> None:
        """A job that Qdrant refuses is tried again later, every time twice as late, then done."""
        document = await remote.add(DUCKS)
        await remote.sql("UPDATE job SET attempts = 2")
        qdrant.fail(503)
        for attempt, expected in [(3, 8), (4, 16)]:
            await remote.hurry()
            await remote.worker.step()
            attempts, delay = await remote.attempts_and_delay()
            assert attempts == attempt
            assert expected / 2 < delay <= expected
        qdrant.recover()
        await remote.hurry()
        await remote.work()
        assert (await remote.documents.get(NOBODY, document.uuid)).status == "ready"

    async def test_longest_wait(self, remote: Knowledge, qdrant: QdrantDouble) -> None:
        """However long Qdrant is down, a minute is the longest wait, and no document fails."""
        document = await remote.add(DUCKS)
        await remote.sql("UPDATE job SET attempts = 2000")
        qdrant.fail(503)
        await remote.worker.step()
        _, delay = await remote.attempts_and_delay()
        assert 50 < delay <= 60
        assert (await remote.documents.get(NOBODY, document.uuid)).status == "processing"

    async def test_purge(self, remote: Knowledge, qdrant: QdrantDouble) -> None:
        """A deleted document's points are purged when Qdrant is back, and not found meanwhile."""
        document = await remote.ingest(DUCKS)
        await remote.documents.delete(NOBODY, document.uuid)
        qdrant.fail(503)
        await remote.worker.step()
        qdrant.recover()
        assert await remote.store.count() == 1
        assert await remote.found("What do ducks eat?") == []
        await remote.hurry()
        await remote.work()
        assert await remote.store.count() == 0


class TestPostgresDown:
    async def test_resumed(self, cut_off: Knowledge, proxy: PostgresProxy) -> None:
        """An ingestion that loses Postgres half way goes on where it was."""
        document = await cut_off.add(pages(12))
        step = asyncio.create_task(cut_off.worker.step())
        await until(lambda: has_come_to(cut_off, 2), seconds=20)
        await proxy.refuse()
        with pytest.raises(DatabaseUnavailable):
            await step
        await proxy.resume()
        await cut_off.hurry()
        await cut_off.work()
        assert (await cut_off.documents.get(NOBODY, document.uuid)).passages_done == 12
        assert await cut_off.drift() == 0
