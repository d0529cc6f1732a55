"""Ingestions that a crash or another worker's lease breaks off."""

import asyncio
from contextlib import suppress

import pytest

from app.core.caller import NOBODY
from tests.support.job_table import STEAL
from tests.support.knowledge import DUCKS, Knowledge, half_way, pages

pytestmark = pytest.mark.usefixtures("small_steps")


class TestCrash:
    async def test_resumed(self, knowledge: Knowledge) -> None:
        """What was committed before a crash is not done again, and the rest is done."""
        document = await knowledge.add(pages(12))
        async with half_way(knowledge, document) as working:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
        await knowledge.sql("UPDATE passage SET text = 'committed before'")
        await knowledge.hurry()
        await knowledge.work()
        texts = await knowledge.sql("SELECT text FROM passage ORDER BY ordinal")
        assert texts[0] == ("committed before",)
        assert texts[-1] != ("committed before",)
        assert len(texts) == 12
        assert (await knowledge.documents.get(NOBODY, document.uuid)).status == "ready"
        assert await knowledge.drift() == 0

    async def test_before_commit(self, knowledge: Knowledge) -> None:
        """Points whose passages were not committed are written again, not twice."""
        document = await knowledge.ingest(pages(3))
        await knowledge.sql("DELETE FROM passage WHERE ordinal > 0")
        await knowledge.sql("UPDATE document SET status = 'processing', passages_done = 1")
        await knowledge.sql(
            "INSERT INTO job (kind, document_uuid) VALUES ('ingest', %s)", document.uuid
        )
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 3}
        assert await knowledge.drift() == 0


class TestOtherText:
    async def test_begins_anew(self, knowledge: Knowledge) -> None:
        """What another loader had begun is begun anew, and leaves no passage and no point."""
        document = await knowledge.ingest(pages(6))
        await knowledge.sql(
            "UPDATE document SET status = 'processing', passages_done = 6, text_sha256 = 'another'"
        )
        await knowledge.sql("UPDATE passage SET text = 'of another text'")
        await knowledge.sql(
            "UPDATE document_content SET part = %s WHERE kind = 'file'", pages(2).encode()
        )
        await knowledge.sql(
            "INSERT INTO job (kind, document_uuid) VALUES ('ingest', %s)", document.uuid
        )
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 2}
        texts = await knowledge.sql("SELECT text FROM passage")
        assert len(texts) == 2
        assert all(text.startswith("# Duck") for (text,) in texts)


class TestLostLease:
    async def test_lost_at_once(self, knowledge: Knowledge) -> None:
        """A worker that has lost its lease before the first passage writes no passage."""
        document = await knowledge.add(DUCKS)
        await knowledge.sql(STEAL.format(done=0))
        await knowledge.work()
        stored = await knowledge.documents.get(NOBODY, document.uuid)
        assert (stored.status, stored.passages_total) == ("processing", None)
        assert await knowledge.sql("SELECT FROM passage") == []

    async def test_lost_half_way(self, knowledge: Knowledge) -> None:
        """A worker that loses its lease half way stops there, and the next one does the rest."""
        document = await knowledge.add(pages(6))
        await knowledge.sql(STEAL.format(done=2))
        await knowledge.work()
        assert (await knowledge.documents.get(NOBODY, document.uuid)).passages_done == 2
        await knowledge.sql("DROP TRIGGER steal ON document")
        await knowledge.hurry()
        await knowledge.work()
        assert len(await knowledge.found("Duck")) == 6
        assert await knowledge.drift() == 0

    async def test_lost_before_failure(self, knowledge: Knowledge) -> None:
        """A worker that has lost its lease does not declare the document failed, and lives on."""
        document = await knowledge.add(" ", media_type="application/pdf")
        await knowledge.sql(STEAL.format(done=0))
        await knowledge.work()
        assert (await knowledge.documents.get(NOBODY, document.uuid)).status == "processing"
        assert await knowledge.jobs_left() == 1
