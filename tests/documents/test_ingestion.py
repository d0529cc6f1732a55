"""From an uploaded document to what can be found of it, whatever happens meanwhile."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from app.documents import services
from app.documents.store import Point
from tests.documents.knowledge import DUCKS, Knowledge, half_way, pages

pytestmark = pytest.mark.usefixtures("small_steps")


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

    async def test_pieces(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that is kept in pieces is read as the whole that it was."""
        monkeypatch.setattr(services, "PIECE_BYTES", 100)
        text = pages(3)
        document = await knowledge.add(text)
        [(kept,)] = await knowledge.sql("SELECT count(*) FROM work_content")
        await knowledge.work()
        found = await knowledge.found("Duck")
        assert kept == -(-len(text) // 100)
        assert sorted(each.start for each in found) == [text.index(f"# Duck {n}") for n in range(3)]
        assert found[0].document_uuid == document.uuid
        assert await knowledge.sql("SELECT ordinal FROM work_content") == []

    async def test_empty(self, knowledge: Knowledge) -> None:
        """A document of no bytes fails, and says why."""
        document = await knowledge.ingest("")
        assert document.error == "This file is empty."

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
        new = await knowledge.ingest("%PDF-1.7 and no more", media_type="application/pdf")
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
            "WITH work AS ("
            "INSERT INTO work (kind, document_uuid) VALUES ('ingest', %s) RETURNING id"
            ") INSERT INTO work_content (work_id, ordinal, piece) SELECT id, 0, %s FROM work",
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

    async def test_same_points(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """It finds by the same words and vectors as before, for the same owner and filters."""
        upsert, written = knowledge.store.upsert, list[Point]()

        async def record(points: Sequence[Point]) -> None:
            written.extend(points)
            await upsert(points)

        monkeypatch.setattr(knowledge.store, "upsert", record)
        text = "# Birds\n\n" + pages(3).replace("#", "##")
        await knowledge.add(text, owner=1, title="Manual", metadata={"n": 1})
        await knowledge.work()
        await knowledge.store.clear()
        await knowledge.documents.reindex()
        await knowledge.work()
        points = [(each.id, each.text, each.payload) for each in written]
        assert points[3:] == points[:3]

    async def test_strays(self, knowledge: Knowledge) -> None:
        """Points of documents that are not there any more are swept away."""
        stray, kept = await knowledge.ingest(pages(2), "a"), await knowledge.ingest(DUCKS, "b")
        await knowledge.sql("DELETE FROM document WHERE uuid = %s", stray.uuid)
        await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {kept.uuid: 1}

    async def test_too_many(self, knowledge: Knowledge) -> None:
        """So are points that a document has beyond those of its passages."""
        document = await knowledge.ingest(pages(3))
        await knowledge.sql("DELETE FROM passage WHERE ordinal = 2")
        await knowledge.sql("UPDATE document SET passages_total = 2, passages_done = 2")
        await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 2}
        assert len(await knowledge.found("Duck")) == 2

    async def test_half_way(self, knowledge: Knowledge) -> None:
        """What is being ingested is left alone, although its points come before its passages."""
        document = await knowledge.add(pages(40))
        async with half_way(knowledge, document):
            await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 40}
        assert await knowledge.retrieval.drift() == 0

    async def test_lost_half_way(self, knowledge: Knowledge) -> None:
        """What was done of a document before the index was lost is written again as well."""
        document = await knowledge.add(pages(6))
        async with half_way(knowledge, document) as working:
            working.cancel()
        assert 0 < (await knowledge.store.count()) < 6
        await knowledge.store.clear()
        await knowledge.hurry()
        await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 6}
        assert await knowledge.retrieval.drift() == 0

    async def test_failed(self, knowledge: Knowledge) -> None:
        """Points of a document that failed are swept away."""
        await knowledge.ingest(DUCKS)
        await knowledge.sql("UPDATE document SET status = 'failed', error = 'Torn'")
        await knowledge.sql("DELETE FROM passage")
        await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {}

    async def test_deleted_meanwhile(self, knowledge: Knowledge) -> None:
        """A document that is deleted before its points are written again gets none."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.documents.reindex()
        await knowledge.documents.delete(document.uuid, None)
        await knowledge.work()
        assert (await knowledge.work_left(), await knowledge.store.count()) == (0, 0)
