"""The work table's worker when something happens that nobody foresaw."""

import asyncio
from unittest.mock import AsyncMock
from uuid import UUID

import pytest

from app.documents.constants import LONGEST_BACKOFF_SEC, MAX_FAULTS
from app.documents.models import passage_uuid
from app.documents.worker import INTERNAL_ERROR
from tests.documents.knowledge import DUCKS, Knowledge, pages
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("small_steps")


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
