"""The work table's worker: what it does, does again, and leaves alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial

import psycopg2
import pytest

from app.core.embeddings import Embedder
from app.core.exceptions import RetrievalUnavailable
from app.documents import ingestion
from app.documents.constants import LONGEST_BACKOFF_SEC
from app.documents.exceptions import LostWork
from app.documents.work import Work
from app.documents.worker import Worker, open_worker
from tests.documents.knowledge import Knowledge, pages
from tests.waiting import until

DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."

# Another worker takes the work as soon as a document has come so far.
STEAL = """
CREATE FUNCTION steal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE work SET lease = gen_random_uuid(), run_at = now() + interval '1 hour'
    WHERE document_uuid = NEW.uuid;
    RETURN NEW;
END $$;
CREATE TRIGGER steal AFTER UPDATE ON document FOR EACH ROW
WHEN (NEW.status = 'processing' AND NEW.passages_done >= {done})
EXECUTE FUNCTION steal()
"""
INDEX_LATER = """
INSERT INTO work (kind, document_uuid, run_at) VALUES ('index', %s, now() + interval '1 hour')
"""
# Every time that work is taken leaves a row.
RECORD = """
CREATE TABLE taken (work_id bigint);
CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO taken VALUES (NEW.id);
    RETURN NEW;
END $$;
CREATE TRIGGER record AFTER UPDATE OF attempts ON work FOR EACH ROW EXECUTE FUNCTION record()
"""


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two passages are committed at a time."""
    monkeypatch.setattr(ingestion, "EMBED_AT_ONCE", 2)


async def drain(worker: Worker) -> None:
    """Does all work that is due."""
    while await worker.step():
        pass


@asynccontextmanager
async def documents_locked(knowledge: Knowledge) -> AsyncIterator[None]:
    """Lets everybody who writes documents wait."""
    assert knowledge.settings.DATABASE_URL
    url = knowledge.settings.DATABASE_URL.get_secret_value()
    with closing(await asyncio.to_thread(psycopg2.connect, url)) as connection:
        cursor = connection.cursor()
        await asyncio.to_thread(cursor.execute, "LOCK TABLE document IN EXCLUSIVE MODE")
        yield


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


class TestLease:
    async def test_lost_at_once(self, knowledge: Knowledge) -> None:
        """Who has lost the work before the first passage writes none."""
        document = await knowledge.add(DUCKS)
        await knowledge.sql(STEAL.format(done=0))
        await knowledge.work()
        stored = await knowledge.documents.get(document.uuid, None)
        assert (stored.status, stored.passages_total) == ("processing", None)
        assert await knowledge.sql("SELECT FROM passage") == []

    async def test_lost_half_way(self, knowledge: Knowledge) -> None:
        """Who loses the work half way writes nothing more; who has it then does the rest."""
        document = await knowledge.add(pages(6))
        await knowledge.sql(STEAL.format(done=2))
        await knowledge.work()
        assert (await knowledge.documents.get(document.uuid, None)).passages_done == 2
        await knowledge.sql("DROP TRIGGER steal ON document")
        await knowledge.hurry()
        await knowledge.work()
        assert len(await knowledge.found("Duck")) == 6
        assert await knowledge.retrieval.drift() == 0

    async def test_lost_before_failure(self, knowledge: Knowledge) -> None:
        """Who has lost the work does not declare it failed, and lives on."""
        document = await knowledge.add(" ", media_type="application/pdf")
        await knowledge.sql(STEAL.format(done=0))
        await knowledge.work()
        assert (await knowledge.documents.get(document.uuid, None)).status == "processing"
        assert await knowledge.work_left() == 1

    async def test_lost_before_postponed(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who has lost the work does not put it off for who has it then."""

        async def lose(_: object) -> None:
            await knowledge.sql(
                "UPDATE work SET lease = gen_random_uuid(), run_at = now() + interval '1 hour'"
            )
            raise RetrievalUnavailable

        document = await knowledge.ingest(DUCKS)
        await knowledge.sql(INDEX_LATER, document.uuid)
        await knowledge.hurry()
        monkeypatch.setattr(knowledge.store, "upsert", lose)
        assert await knowledge.worker.step()
        assert await knowledge.is_leased_for_longer(LONGEST_BACKOFF_SEC)

    @pytest.mark.parametrize("kind", ["index", "purge"])
    async def test_stale(self, knowledge: Knowledge, kind: str) -> None:
        """Work that is somebody else's cannot be taken off the table."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.sql(
            "INSERT INTO work (kind, document_uuid) VALUES (%s, %s)", kind, document.uuid
        )
        work = await Work.claim(knowledge.database)
        assert work
        await knowledge.hurry()
        await Work.claim(knowledge.database)
        with pytest.raises(LostWork):
            await knowledge.database.run(work.finish)
        assert await knowledge.work_left() == 1

    async def test_kept(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker keeps its work for as long as it takes, and nobody else gets it."""
        monkeypatch.setattr("app.documents.work.LEASE_SEC", 1.0)
        await knowledge.sql(RECORD)
        await knowledge.add(DUCKS)
        async with documents_locked(knowledge):
            step = asyncio.create_task(knowledge.worker.step())
            await asyncio.sleep(1.5)  # the lease that it was taken for is over
            assert not await knowledge.worker.step()
        await step
        assert await knowledge.sql("SELECT count(*) FROM taken") == [(1,)]


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
