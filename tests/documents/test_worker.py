"""The work table's worker: what it does, does again, and leaves alone."""

import asyncio
from functools import partial

import pytest

from app.core.embeddings import Embedder
from app.documents.worker import Worker, open_worker
from tests.documents.knowledge import DUCKS, Knowledge, pages
from tests.documents.work_table import INDEX_LATER, RECORD
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("small_steps")


async def drain(worker: Worker) -> None:
    """Does all work that is due."""
    while await worker.step():
        pass


class TestStep:
    async def test_nothing(self, knowledge: Knowledge) -> None:
        """Without work there is nothing to do."""
        assert not await knowledge.worker.step()

    async def test_not_due(self, knowledge: Knowledge) -> None:
        """Work that is for later waits."""
        await knowledge.add(DUCKS)
        await knowledge.sql("UPDATE work SET run_at = now() + interval '1 hour'")
        assert not await knowledge.worker.step()

    async def test_oldest_first(self, knowledge: Knowledge) -> None:
        """Who came first is served first."""
        first, second = await knowledge.add("One", "1"), await knowledge.add("Two", "2")
        await knowledge.worker.step()
        statuses = [
            (await knowledge.documents.get(each.uuid, None)).status for each in (first, second)
        ]
        assert statuses == ["ready", "pending"]

    async def test_small_first(self, knowledge: Knowledge) -> None:
        """Who leaves large documents to others takes the small ones behind them."""
        large, small = await knowledge.add("x" * 11, "1"), await knowledge.add("x" * 10, "2")
        assert await knowledge.worker.step(max_bytes=10)
        assert not await knowledge.worker.step(max_bytes=10)
        assert await knowledge.is_ready(small.uuid)
        assert not await knowledge.is_ready(large.uuid)
        assert await knowledge.worker.step()
        assert await knowledge.is_ready(large.uuid)

    async def test_purge_waits(self, knowledge: Knowledge) -> None:
        """Points are purged only after whoever still writes points of the document."""
        document = await knowledge.add(DUCKS)
        await knowledge.sql("UPDATE work SET run_at = now() + interval '1 hour'")
        await knowledge.documents.delete(document.uuid, None)
        assert not await knowledge.worker.step()
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.work_left() == 0

    async def test_purge_waits_for_index(self, knowledge: Knowledge) -> None:
        """So it is where somebody writes the points of a ready document again."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.sql(INDEX_LATER, document.uuid)
        await knowledge.documents.delete(document.uuid, None)
        assert not await knowledge.worker.step()
        await knowledge.hurry()
        await knowledge.work()
        assert (await knowledge.work_left(), await knowledge.store.count()) == (0, 0)

    async def test_nothing_left_running(self, knowledge: Knowledge) -> None:
        """Work that is done is not kept any longer."""
        before = asyncio.all_tasks()
        await knowledge.ingest(DUCKS)
        await until(lambda: asyncio.all_tasks() <= before)


class TestTwoWorkers:
    async def test_share(self, knowledge: Knowledge, embedder: Embedder) -> None:
        """Two workers do all work, and no piece of it twice."""
        await knowledge.sql(RECORD)
        for n in range(6):
            await knowledge.add(pages(3, f"Bird{n}"), f"{n}.txt")
        async with open_worker(knowledge.database, embedder, knowledge.store) as second:
            await asyncio.gather(*(drain(each) for each in (knowledge.worker, second)))
        assert await knowledge.sql("SELECT count(*), count(DISTINCT work_id) FROM taken") == [
            (6, 6)
        ]
        assert await knowledge.sql("SELECT DISTINCT status, passages_done FROM document") == [
            ("ready", 3)
        ]
        assert await knowledge.retrieval.drift() == 0

    async def test_same_source(self, knowledge: Knowledge, embedder: Embedder) -> None:
        """Of versions ingested side by side the newest stays, and no points of the others."""
        for n in range(4):
            newest = await knowledge.add(pages(2, f"Bird{n}"))
        async with open_worker(knowledge.database, embedder, knowledge.store) as second:
            await asyncio.gather(*(drain(each) for each in (knowledge.worker, second)))
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.store.documents() == {newest.uuid: 2}
        assert [each.uuid for each in await knowledge.documents.page(None, 9)] == [newest.uuid]


class TestRun:
    async def test_small_beside_large(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many large documents come before it, a small one does not wait for them."""
        monkeypatch.setattr("app.documents.worker.SMALL_BYTES", len(DUCKS))
        for n in range(2):
            await knowledge.add(pages(60, f"Bird{n}"), f"{n}.txt")
        small = await knowledge.add(DUCKS, "small.txt")
        running = asyncio.create_task(knowledge.worker.run())
        await until(partial(knowledge.is_ready, small.uuid), seconds=20)
        running.cancel()
        await asyncio.wait([running])
        statuses = await knowledge.sql("SELECT status FROM document ORDER BY id")
        assert statuses == [("processing",), ("pending",), ("ready",)]

    async def test_wakes(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """New work is begun when it is there, not when the worker looks next."""
        monkeypatch.setattr("app.documents.worker.POLL_SEC", 3600)
        running = asyncio.create_task(knowledge.worker.run())
        for name in (
            "a.txt",
            "b.txt",
        ):  # when the second comes, the worker has seen that it is idle
            document = await knowledge.add(f"The text of {name}", name)
            await until(partial(knowledge.is_ready, document.uuid), seconds=20)
        running.cancel()
        await asyncio.wait([running])
