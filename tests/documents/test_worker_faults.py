"""The work table's worker when something it needs is down, or does what nobody foresaw."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from unittest.mock import AsyncMock
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.core.embeddings import Embedder
from app.core.exceptions import DatabaseUnavailable
from app.documents import ingestion
from app.documents.constants import LONGEST_BACKOFF_SEC, MAX_FAULTS
from app.documents.models import passage_uuid
from app.documents.store import Point
from app.documents.worker import INTERNAL_ERROR
from settings import Settings
from tests.documents.knowledge import Knowledge, open_knowledge, pages
from tests.postgres_proxy import PostgresProxy
from tests.qdrant_double import QdrantDouble
from tests.waiting import until

DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passages are committed at a time."""
    monkeypatch.setattr(ingestion, "EMBED_AT_ONCE", 2)


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
        """Work that Qdrant refuses is tried again later, each time twice as late, then done."""
        document = await remote.add(DUCKS)
        await remote.sql("UPDATE work SET attempts = 2")
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
        assert (await remote.documents.get(document.uuid, None)).status == "ready"

    async def test_longest(self, remote: Knowledge, qdrant: QdrantDouble) -> None:
        """However long Qdrant is down, a minute is the longest wait, and nothing fails by it."""
        document = await remote.add(DUCKS)
        await remote.sql("UPDATE work SET attempts = 2000")
        qdrant.fail(503)
        await remote.worker.step()
        _, delay = await remote.attempts_and_delay()
        assert 50 < delay <= 60
        assert (await remote.documents.get(document.uuid, None)).status == "processing"

    async def test_purge(self, remote: Knowledge, qdrant: QdrantDouble) -> None:
        """A deleted document's points are purged when Qdrant is back, and not found meanwhile."""
        document = await remote.ingest(DUCKS)
        await remote.documents.delete(document.uuid, None)
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
        assert (await cut_off.documents.get(document.uuid, None)).passages_done == 12
        assert await cut_off.retrieval.drift() == 0

    async def test_worker_lives(
        self, cut_off: Knowledge, proxy: PostgresProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker that finds no Postgres looks again until it is back."""
        monkeypatch.setattr("app.documents.worker.POLL_SEC", 0.05)
        document = await cut_off.add(DUCKS)
        await proxy.refuse()
        running = asyncio.create_task(cut_off.worker.run())
        await asyncio.wait([running], timeout=0.2)
        await proxy.resume()
        await until(lambda: cut_off.is_ready(document.uuid), seconds=20)
        running.cancel()
        await asyncio.wait([running])

    async def test_kept(
        self, cut_off: Knowledge, proxy: PostgresProxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker keeps its work although Postgres was away while it was at it."""
        monkeypatch.setattr("app.documents.work.LEASE_SEC", 0.9)
        upsert, begun, may_end = cut_off.store.upsert, asyncio.Event(), asyncio.Event()

        async def slowly(points: Sequence[Point]) -> None:
            begun.set()
            await may_end.wait()
            await upsert(points)

        monkeypatch.setattr(cut_off.store, "upsert", slowly)
        document = await cut_off.add(DUCKS)
        step = asyncio.create_task(cut_off.worker.step())
        await begun.wait()
        proxy.hang()
        await proxy.held.wait()
        proxy.cut()
        proxy.pass_on()
        await cut_off.hurry()
        await until(lambda: cut_off.is_leased_for_longer(0))
        may_end.set()
        await step
        assert await cut_off.is_ready(document.uuid)

    async def test_told_once(
        self,
        cut_off: Knowledge,
        proxy: PostgresProxy,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The log says why there is no Postgres, and not each time that the worker looks."""
        monkeypatch.setattr("app.documents.worker.POLL_SEC", 0.02)
        await proxy.refuse()
        running = asyncio.create_task(cut_off.worker.run())
        await asyncio.wait([running], timeout=0.3)
        running.cancel()
        await asyncio.wait([running])
        assert caplog.text.count("postgres is unavailable: OperationalError: connection to") == 1


class TestUnexpected:
    async def test_retried_then_failed(self, knowledge: Knowledge) -> None:
        """An error that nobody foresaw is tried MAX_FAULTS times, then told in a sentence."""
        document = await self._collide(knowledge)
        for attempt in range(1, MAX_FAULTS):
            await knowledge.work()
            assert (await knowledge.attempts_and_delay())[0] == attempt
            await knowledge.hurry()
        await knowledge.work()
        stored = await knowledge.documents.get(document, None)
        assert (stored.status, stored.error) == ("failed", INTERNAL_ERROR)
        assert await knowledge.sql("SELECT FROM passage WHERE document_uuid = %s", document) == []
        assert await knowledge.work_left() == 0
        assert await knowledge.store.count() == 1

    async def test_outages(self, knowledge: Knowledge) -> None:
        """However often it was tried before (outages, restarts), one such error fails nothing."""
        document = await self._collide(knowledge)
        await knowledge.sql("UPDATE work SET attempts = 100")
        await knowledge.work()
        assert (await knowledge.documents.get(document, None)).status == "processing"
        assert await knowledge.work_left() == 1

    async def test_failed_half_way(self, knowledge: Knowledge) -> None:
        """What a document had come to before it failed is gone, and is not counted."""
        document = await self._collide(knowledge, pages(4), ordinal=2)
        await knowledge.sql(
            "UPDATE work SET attempts = %s, faults = %s", MAX_FAULTS, MAX_FAULTS - 1
        )
        await knowledge.work()
        stored = await knowledge.documents.get(document, None)
        assert (stored.status, stored.passages_done) == ("failed", 2)
        assert await knowledge.sql("SELECT count(*) FROM passage") == [(1,)]
        assert await knowledge.retrieval.drift() == 0

    async def test_passes(self, knowledge: Knowledge) -> None:
        """An error that goes away costs a document nothing."""
        document = await self._collide(knowledge)
        await knowledge.work()
        await knowledge.sql("DELETE FROM passage")
        await knowledge.hurry()
        await knowledge.work()
        assert (await knowledge.documents.get(document, None)).status == "ready"

    async def test_ready_document(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A document that is found already stays so, however often indexing it anew goes wrong."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.documents.reindex()
        await knowledge.sql(
            "UPDATE work SET attempts = %s, faults = %s", MAX_FAULTS, MAX_FAULTS - 1
        )
        monkeypatch.setattr(knowledge.store, "upsert", AsyncMock(side_effect=RuntimeError))
        await knowledge.work()
        assert await knowledge.is_ready(document.uuid)
        assert [each.text for each in await knowledge.found("What do ducks eat?")] == [DUCKS]
        _, delay = await knowledge.attempts_and_delay()
        assert delay > LONGEST_BACKOFF_SEC / 2

    async def test_newer_version(self, knowledge: Knowledge) -> None:
        """Work that only a newer version knows is left to that one."""
        await knowledge.sql("ALTER TABLE work DROP CONSTRAINT work_kind_check")
        await knowledge.sql(
            "INSERT INTO work (kind, document_uuid) VALUES ('paint', %s)", UUID(int=0)
        )
        await knowledge.work()
        assert await knowledge.work_left() == 1

    async def test_worker_lives(
        self,
        knowledge: Knowledge,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A worker that cannot even take its work says so, and takes it as soon as it can."""
        monkeypatch.setattr("app.documents.worker.POLL_SEC", 0.05)
        document = await knowledge.add(DUCKS)
        await knowledge.sql("ALTER TABLE work RENAME TO elsewhere")
        running = asyncio.create_task(knowledge.worker.run())
        await until(lambda: "The worker met a fault" in caplog.text)
        await knowledge.sql("ALTER TABLE elsewhere RENAME TO work")
        await until(lambda: knowledge.is_ready(document.uuid), seconds=20)
        running.cancel()
        await asyncio.wait([running])

    async def test_others(self, knowledge: Knowledge) -> None:
        """A document with which something is wrong does not hold up the others."""
        await self._collide(knowledge)
        assert (await knowledge.ingest("Geese graze.", "b.txt")).status == "ready"

    async def _collide(self, knowledge: Knowledge, text: str = DUCKS, ordinal: int = 0) -> UUID:
        """A document of which a passage is another document's already: it cannot be inserted."""
        other = await knowledge.ingest("Something else", "other.txt")
        document = await knowledge.add(text)
        await knowledge.sql(
            "UPDATE passage SET uuid = %s WHERE document_uuid = %s",
            passage_uuid(document.uuid, ordinal),
            other.uuid,
        )
        return document.uuid
