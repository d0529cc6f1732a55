"""The index, made anew from Postgres alone."""

from collections.abc import Sequence

import pytest

from app.core.caller import NOBODY
from app.vector_store.base import Point
from tests.support.knowledge import DUCKS, Knowledge, half_way, pages
from tests.support.users import ANN

pytestmark = pytest.mark.usefixtures("small_steps")


class TestReindex:
    async def test_lost_index(self, knowledge: Knowledge) -> None:
        """An index that is lost is written again from Postgres alone."""
        await knowledge.ingest(pages(5))
        before = [source.text for source in await knowledge.found("Which duck eats?")]
        await knowledge.clear_store()
        assert await knowledge.found("Which duck eats?") == []
        await knowledge.documents.reindex()
        await knowledge.work()
        after = [source.text for source in await knowledge.found("Which duck eats?")]
        assert after == before
        assert await knowledge.drift() == 0

    async def test_same_points(
        self, knowledge: Knowledge, people: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A reindexed document has the points that it had: words, vectors, owner and filters."""
        upsert, written = knowledge.store.upsert, list[Point]()

        async def record(points: Sequence[Point]) -> None:
            written.extend(points)
            await upsert(points)

        monkeypatch.setattr(knowledge.store, "upsert", record)
        text = "# Birds\n\n" + pages(3).replace("#", "##")
        await knowledge.add(text, owner=ANN, title="Manual", metadata={"n": 1})
        await knowledge.work()
        await knowledge.clear_store()
        await knowledge.documents.reindex()
        await knowledge.work()
        points = [(point.id, point.text, point.payload, *point.dense) for point in written]
        assert len(points) == 6
        assert points[3:] == points[:3]

    async def test_strays(self, knowledge: Knowledge) -> None:
        """Points of documents that are not there any more are swept away."""
        stray, kept = await knowledge.ingest(pages(2), "a"), await knowledge.ingest(DUCKS, "b")
        await knowledge.sql("DELETE FROM document WHERE uuid = %s", stray.uuid)
        await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {kept.uuid: 1}

    async def test_points_without_passages(self, knowledge: Knowledge) -> None:
        """Points that a document has beyond those of its passages are swept away."""
        document = await knowledge.ingest(pages(3))
        await knowledge.sql("DELETE FROM passage WHERE ordinal = 2")
        await knowledge.sql("UPDATE document SET passages_total = 2, passages_done = 2")
        await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 2}
        assert len(await knowledge.found("Duck")) == 2

    async def test_half_way(self, knowledge: Knowledge) -> None:
        """A document that is being ingested keeps its points, which come before its passages."""
        document = await knowledge.add(pages(40))
        async with half_way(knowledge, document):
            await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 40}
        assert await knowledge.drift() == 0

    async def test_lost_half_way(self, knowledge: Knowledge) -> None:
        """The points that half a document had before the index was lost are written again."""
        document = await knowledge.add(pages(6))
        async with half_way(knowledge, document) as working:
            working.cancel()
        assert 0 < (await knowledge.store.count()) < 6
        await knowledge.clear_store()
        await knowledge.hurry()
        await knowledge.documents.reindex()
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 6}
        assert await knowledge.drift() == 0

    async def test_points_of_failed(self, knowledge: Knowledge) -> None:
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
        await knowledge.documents.delete(NOBODY, document.uuid)
        await knowledge.work()
        assert (await knowledge.jobs_left(), await knowledge.store.count()) == (0, 0)
