"""The worker of documents: in which order it does their jobs, and for whom small ones wait."""

import asyncio
from functools import partial

import pytest

from app.core.background import background
from app.core.caller import NOBODY
from app.documents.ingestion.worker import open_worker
from app.embeddings.embedder import Embedder
from tests.support.job_table import INDEX_LATER, LATER, RECORD
from tests.support.knowledge import DUCKS, Knowledge, pages
from tests.support.waiting import until
from tests.support.workers import do_jobs

pytestmark = pytest.mark.usefixtures("small_steps")


class TestOrder:
    async def test_oldest_first(self, knowledge: Knowledge) -> None:
        """The document that came first is ingested first."""
        first, second = await knowledge.add("One", "1"), await knowledge.add("Two", "2")
        await knowledge.worker.step()
        assert await knowledge.is_ready(first.uuid)
        assert (await knowledge.documents.get(NOBODY, second.uuid)).status == "pending"

    async def test_small_first(self, knowledge: Knowledge) -> None:
        """A worker that leaves large documents to others takes the small ones behind them."""
        large, small = await knowledge.add("x" * 11, "1"), await knowledge.add("x" * 10, "2")
        assert await knowledge.worker.step(max_bytes=10)
        assert not await knowledge.worker.step(max_bytes=10)
        assert await knowledge.is_ready(small.uuid)
        assert not await knowledge.is_ready(large.uuid)
        assert await knowledge.worker.step()
        assert await knowledge.is_ready(large.uuid)

    async def test_small_beside_large(
        self, knowledge: Knowledge, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many large documents come before it, a small one does not wait for them."""
        monkeypatch.setattr("app.documents.ingestion.worker.SIZES", (None, len(DUCKS)))
        for n in range(2):
            await knowledge.add(pages(60, f"Bird{n}"), f"{n}.txt")
        small = await knowledge.add(DUCKS, "small.txt")
        async with (
            open_worker(knowledge.database, embedder, knowledge.store) as worker,
            background(worker.run()),
        ):
            await until(partial(knowledge.is_ready, small.uuid), seconds=20)
        statuses = await knowledge.sql("SELECT status FROM document ORDER BY id")
        assert statuses == [("processing",), ("pending",), ("ready",)]

    async def test_reindexed_large_document(self, knowledge: Knowledge) -> None:
        """Indexing a large document anew is left to the worker that takes large documents."""
        await knowledge.ingest(pages(3))
        await knowledge.sql("DELETE FROM passage WHERE ordinal = 2")  # of which a point is left
        await knowledge.sql("UPDATE document SET passages_total = 2, passages_done = 2")
        await knowledge.documents.reindex()
        assert await knowledge.worker.step(max_bytes=10)  # the sweep
        assert not await knowledge.worker.step(max_bytes=10)
        jobs = "SELECT kind, bytes FROM job"
        assert set(await knowledge.sql(jobs)) == {("index", len(pages(3)))}


class TestPurge:
    async def test_waits_for_ingestion(self, knowledge: Knowledge) -> None:
        """The points of a document are purged only after its ingestion, which writes points."""
        document = await knowledge.add(DUCKS)
        await knowledge.sql(LATER)
        await knowledge.documents.delete(NOBODY, document.uuid)
        assert not await knowledge.worker.step()
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.jobs_left() == 0

    async def test_waits_for_index(self, knowledge: Knowledge) -> None:
        """The points of a document are purged only after they have been written again."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.sql(INDEX_LATER, document.uuid)
        await knowledge.documents.delete(NOBODY, document.uuid)
        assert not await knowledge.worker.step()
        await knowledge.hurry()
        await knowledge.work()
        assert (await knowledge.jobs_left(), await knowledge.store.count()) == (0, 0)


class TestTwoWorkers:
    async def test_share(self, knowledge: Knowledge, embedder: Embedder) -> None:
        """Two workers ingest all documents, and no document twice."""
        await knowledge.sql(RECORD)
        for n in range(6):
            await knowledge.add(pages(3, f"Bird{n}"), f"{n}.txt")
        async with open_worker(knowledge.database, embedder, knowledge.store) as second:
            await asyncio.gather(do_jobs(knowledge.worker), do_jobs(second))
        claims = await knowledge.sql("SELECT count(*), count(DISTINCT job_id) FROM claimed")
        assert claims == [(6, 6)]
        assert await knowledge.sql("SELECT DISTINCT status, passages_done FROM document") == [
            ("ready", 3)
        ]
        assert await knowledge.drift() == 0

    async def test_same_source(self, knowledge: Knowledge, embedder: Embedder) -> None:
        """Of versions ingested side by side the newest stays, and no points of the others."""
        for n in range(4):
            newest = await knowledge.add(pages(2, f"Bird{n}"))
        async with open_worker(knowledge.database, embedder, knowledge.store) as second:
            await asyncio.gather(do_jobs(knowledge.worker), do_jobs(second))
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.store.documents() == {newest.uuid: 2}
        left = await knowledge.documents.page(NOBODY, 9)
        assert [document.uuid for document in left] == [newest.uuid]
