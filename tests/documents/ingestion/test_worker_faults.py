"""The worker of documents when something happens that its code does not foresee."""

from unittest.mock import AsyncMock
from uuid import UUID

import pytest

from app.core.caller import NOBODY
from app.documents.ingestion.pipeline import INTERNAL_ERROR
from app.documents.models import passage_uuid
from app.jobs.constants import LONGEST_BACKOFF_SEC, MAX_FAULTS
from tests.support.knowledge import DUCKS, Knowledge, pages

pytestmark = pytest.mark.usefixtures("small_steps")


class TestUnexpected:
    async def test_retried_then_failed(self, knowledge: Knowledge) -> None:
        """A document that meets MAX_FAULTS internal errors fails, and says so in a sentence."""
        document = await self._collide(knowledge)
        for attempt in range(1, MAX_FAULTS):
            await knowledge.work()
            assert (await knowledge.attempts_and_delay())[0] == attempt
            await knowledge.hurry()
        await knowledge.work()
        stored = await knowledge.documents.get(NOBODY, document)
        assert (stored.status, stored.error) == ("failed", INTERNAL_ERROR)
        assert await knowledge.sql("SELECT FROM passage WHERE document_uuid = %s", document) == []
        assert await knowledge.jobs_left() == 0
        assert await knowledge.store.count() == 1

    async def test_one_after_many_attempts(self, knowledge: Knowledge) -> None:
        """A document that outages and restarts broke off often is not failed by one error."""
        document = await self._collide(knowledge)
        await knowledge.sql("UPDATE job SET attempts = 100")
        await knowledge.work()
        assert (await knowledge.documents.get(NOBODY, document)).status == "processing"
        assert await knowledge.jobs_left() == 1

    async def test_failed_half_way(self, knowledge: Knowledge) -> None:
        """The passages that a document had before it failed are gone, and are not counted."""
        document = await self._collide(knowledge, pages(4), ordinal=2)
        await knowledge.sql("UPDATE job SET attempts = %s, faults = %s", MAX_FAULTS, MAX_FAULTS - 1)
        await knowledge.work()
        stored = await knowledge.documents.get(NOBODY, document)
        assert (stored.status, stored.passages_done) == ("failed", 2)
        assert await knowledge.sql("SELECT count(*) FROM passage") == [(1,)]
        assert await knowledge.drift() == 0

    async def test_error_that_goes_away(self, knowledge: Knowledge) -> None:
        """An internal error that goes away costs a document nothing."""
        document = await self._collide(knowledge)
        await knowledge.work()
        await knowledge.sql("DELETE FROM passage")
        await knowledge.hurry()
        await knowledge.work()
        assert (await knowledge.documents.get(NOBODY, document)).status == "ready"

    async def test_ready_document(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A document that is found already stays so, however often indexing it anew goes wrong."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.documents.reindex()
        await knowledge.sql("UPDATE job SET attempts = %s, faults = %s", MAX_FAULTS, MAX_FAULTS - 1)
        monkeypatch.setattr(knowledge.store, "upsert", AsyncMock(side_effect=RuntimeError))
        await knowledge.work()
        assert await knowledge.is_ready(document.uuid)
        assert [source.text for source in await knowledge.found("What do ducks eat?")] == [DUCKS]
        _, delay = await knowledge.attempts_and_delay()
        assert delay > LONGEST_BACKOFF_SEC / 2

    async def test_others_go_on(self, knowledge: Knowledge) -> None:
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
