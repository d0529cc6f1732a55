"""From an uploaded document to what can be found of it, whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from app.documents import ingestion, retrieval
from app.documents.models import Document
from tests.documents.knowledge import Knowledge, pages
from tests.waiting import until

DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passages are committed at a time."""
    monkeypatch.setattr(ingestion, "EMBED_AT_ONCE", 2)


@asynccontextmanager
async def half_way(knowledge: Knowledge, document: Document) -> AsyncIterator[asyncio.Task[None]]:
    """The work on a document, of which something is done but not all."""
    working = asyncio.create_task(knowledge.work())

    async def begun() -> bool:
        return (await knowledge.documents.get(document.uuid, None)).passages_done > 0

    await until(begun, seconds=20)
    yield working
    await asyncio.wait([working])


class TestIngest:
    async def test_ready(self, knowledge: Knowledge) -> None:
        """An ingested document is ready, counted, and found."""
        document = await knowledge.ingest(DUCKS)
        assert (document.status, document.passages_done, document.passages_total) == ("ready", 1, 1)
        assert [each.text for each in await knowledge.found("What do ducks eat?")] == [DUCKS]
        assert await knowledge.work_left() == 0

    async def test_all_passages(self, knowledge: Knowledge) -> None:
        """Every passage of a long document is in Postgres and in the index, once."""
        document = await knowledge.ingest(pages(5))
        assert document.passages_total == document.passages_done == 5
        assert await knowledge.store.documents() == {document.uuid: 5}
        assert await knowledge.retrieval.drift() == 0

    async def test_offsets(self, knowledge: Knowledge) -> None:
        """A passage is found with the place in the text where it stands."""
        text = pages(3)
        await knowledge.ingest(text)
        found = await knowledge.found("Duck")
        assert [text[each.start : each.end] for each in found] == [each.text for each in found]
        assert {each.ordinal for each in found} == {0, 1, 2}

    async def test_progress(self, knowledge: Knowledge) -> None:
        """While it goes on, a document says how far it has come, and nothing of it is found."""
        document = await knowledge.add(pages(12))
        async with half_way(knowledge, document):
            seen = await knowledge.documents.get(document.uuid, None)
            found = await knowledge.found("Duck")
            after = await knowledge.documents.get(document.uuid, None)
        assert (seen.status, seen.passages_total) == ("processing", 12)
        assert 0 < seen.passages_done < 12
        assert after.status == "processing"
        assert found == []

    async def test_unreadable(self, knowledge: Knowledge) -> None:
        """A document that cannot be read says why; its bytes and its work are gone."""
        document = await knowledge.ingest("%PDF-1.7 and no more", media_type="application/pdf")
        assert document.status == "failed"
        assert document.error == "This PDF is cut off: send the whole of it again."
        assert await knowledge.work_left() == 0

    async def test_failed_version(self, knowledge: Knowledge) -> None:
        """A new version that cannot be read leaves the old one in place."""
        old = await knowledge.ingest(DUCKS)
        new = await knowledge.ingest("%PDF-1.7 and no more")
        assert new.status == "failed"
        assert [each.document_uuid for each in await knowledge.found("ducks")] == [old.uuid]


class TestBrokenOff:
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
        assert (await knowledge.documents.get(document.uuid, None)).status == "ready"
        assert await knowledge.retrieval.drift() == 0

    async def test_before_commit(self, knowledge: Knowledge) -> None:
        """Points whose passages were not committed are written again, not twice."""
        document = await knowledge.ingest(pages(3))
        await knowledge.sql("DELETE FROM passage WHERE ordinal > 0")
        await knowledge.sql("UPDATE document SET status = 'processing', passages_done = 1")
        await knowledge.sql(
            "INSERT INTO work (kind, document_uuid, content) VALUES ('ingest', %s, %s)",
            document.uuid,
            pages(3).encode(),
        )
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 3}
        assert await knowledge.retrieval.drift() == 0


class TestDeleted:
    async def test_before(self, knowledge: Knowledge) -> None:
        """A document that is deleted before its turn is never ingested."""
        document = await knowledge.add(DUCKS)
        await knowledge.documents.delete(document.uuid, None)
        await knowledge.work()
        assert (await knowledge.work_left(), await knowledge.store.count()) == (0, 0)

    async def test_half_way(self, knowledge: Knowledge) -> None:
        """A document that is deleted while it is ingested leaves no passage and no point."""
        document = await knowledge.add(pages(12))
        async with half_way(knowledge, document):
            await knowledge.documents.delete(document.uuid, None)
        await knowledge.work()
        assert (await knowledge.work_left(), await knowledge.store.count()) == (0, 0)
        assert await knowledge.sql("SELECT FROM passage") == []

    async def test_new_version_half_way(self, knowledge: Knowledge) -> None:
        """A new version that is deleted while it is ingested leaves the old one in place."""
        old = await knowledge.ingest(DUCKS)
        new = await knowledge.add(pages(12))
        async with half_way(knowledge, new):
            await knowledge.documents.delete(new.uuid, None)
        assert {each.document_uuid for each in await knowledge.found("Duck")} == {old.uuid}
        assert await knowledge.retrieval.drift() == 0


class TestReplaced:
    async def test_never_both_or_neither(self, knowledge: Knowledge) -> None:
        """A search finds the old version or the new one, at every moment, and the whole of it."""
        old = await knowledge.ingest(pages(4, "Duck"))
        new = await knowledge.add(pages(6, "Duckling"))
        working = asyncio.create_task(knowledge.work())
        seen = []
        while not working.done():
            seen.append([each.document_uuid for each in await knowledge.found("A duck eats")])
        seen.append([each.document_uuid for each in await knowledge.found("A duck eats")])
        whole = [[old.uuid] * 4, [new.uuid] * 6]
        assert all(each in whole for each in seen)
        assert (seen[0], seen[-1]) == tuple(whole)

    async def test_not_crowded_out(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A large document takes the place of no other before it is ready."""
        monkeypatch.setattr(retrieval, "CANDIDATES", 2)
        other = await knowledge.ingest("Ducks are birds.", "other.txt")
        old = await knowledge.ingest("Ducks eat plants.")
        new = await knowledge.add(pages(12))
        async with half_way(knowledge, new):
            found = {each.document_uuid for each in await knowledge.found("Duck number 0 eats")}
        assert found == {old.uuid, other.uuid}

    async def test_not_crowded_out_by_deleted(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Points that are not purged yet take the place of no other's."""
        monkeypatch.setattr(retrieval, "CANDIDATES", 2)
        ducks = await knowledge.ingest("Ducks eat plants.")
        many = await knowledge.ingest(pages(6), "many.txt")
        await knowledge.documents.delete(many.uuid, None)
        found = [each.document_uuid for each in await knowledge.found("Duck number 0 eats")]
        assert found == [ducks.uuid]

    async def test_purged(self, knowledge: Knowledge) -> None:
        """Of the old version nothing stays behind."""
        await knowledge.ingest(pages(4))
        new = await knowledge.ingest(DUCKS)
        assert await knowledge.store.documents() == {new.uuid: 1}
        assert await knowledge.documents.page(None, 9) == [new]

    async def test_overtaken(self, knowledge: Knowledge) -> None:
        """An older version that comes to its end later does not replace the newer one."""
        await knowledge.add(pages(2))
        await knowledge.sql("UPDATE work SET run_at = now() + interval '1 hour'")
        new = await knowledge.ingest(DUCKS)
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.documents.page(None, 9) == [new]
        assert await knowledge.store.documents() == {new.uuid: 1}


class TestReindex:
    async def test_cleared(self, knowledge: Knowledge) -> None:
        """An index that is lost is written again from Postgres alone."""
        await knowledge.ingest(pages(5))
        before = [each.text for each in await knowledge.found("Which duck eats?")]
        await knowledge.store.clear()
        assert await knowledge.found("Which duck eats?") == []
        await knowledge.documents.reindex()
        await knowledge.work()
        after = [each.text for each in await knowledge.found("Which duck eats?")]
        assert after == before
        assert await knowledge.retrieval.drift() == 0

    async def test_strays(self, knowledge: Knowledge) -> None:
        """Points of documents that are not there any more are purged."""
        stray, kept = await knowledge.ingest(pages(2), "a"), await knowledge.ingest(DUCKS, "b")
        await knowledge.sql("DELETE FROM document WHERE uuid = %s", stray.uuid)
        await knowledge.documents.purge_strays(await knowledge.store.documents())
        await knowledge.work()
        assert await knowledge.store.documents() == {kept.uuid: 1}

    async def test_deleted_meanwhile(self, knowledge: Knowledge) -> None:
        """A document that is deleted before its points are written again gets none."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.documents.reindex()
        await knowledge.documents.delete(document.uuid, None)
        await knowledge.work()
        assert (await knowledge.work_left(), await knowledge.store.count()) == (0, 0)
