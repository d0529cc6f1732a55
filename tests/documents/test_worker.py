"""The work table's worker: what it does, does again, and leaves alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest
from pydantic import SecretStr

from app.core.embeddings import Embedder
from app.core.exceptions import DatabaseUnavailable
from app.documents import ingestion
from app.documents.constants import MAX_ATTEMPTS
from app.documents.exceptions import LostWork
from app.documents.models import passage_uuid
from app.documents.work import Work
from app.documents.worker import INTERNAL_ERROR, Worker, open_worker
from settings import Settings
from tests.documents.knowledge import Knowledge, open_knowledge, pages
from tests.postgres_proxy import PostgresProxy
from tests.qdrant_double import QdrantDouble
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


async def drain(worker: Worker) -> None:
    """Does all work that is due."""
    while await worker.step():
        pass


async def has_come_to(knowledge: Knowledge, passages: int) -> bool:
    """Whether a document has so many passages."""
    [(done,)] = await knowledge.sql("SELECT max(passages_done) FROM document")
    return bool(done >= passages)


async def is_ready(knowledge: Knowledge, uuid: UUID) -> bool:
    """Whether a document can be found."""
    return (await knowledge.documents.get(uuid, None)).status == "ready"


async def is_leased_for_longer(knowledge: Knowledge, seconds: float) -> bool:
    """Whether the only work is somebody's for longer than this."""
    return (await attempts_and_delay(knowledge))[1] > seconds


@asynccontextmanager
async def documents_locked(knowledge: Knowledge) -> AsyncIterator[None]:
    """Lets everybody who writes documents wait."""
    assert knowledge.settings.DATABASE_URL
    url = knowledge.settings.DATABASE_URL.get_secret_value()
    with closing(await asyncio.to_thread(psycopg2.connect, url)) as connection:
        cursor = connection.cursor()
        await asyncio.to_thread(cursor.execute, "LOCK TABLE document IN EXCLUSIVE MODE")
        yield


async def attempts_and_delay(knowledge: Knowledge) -> tuple[int, float]:
    """How often the only work was tried, and in how many seconds it is tried again."""
    [(attempts, delay)] = await knowledge.sql(
        "SELECT attempts, extract(epoch FROM run_at - now())::float8 FROM work"
    )
    return attempts, delay


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

    async def test_purge_waits(self, knowledge: Knowledge) -> None:
        """Points are purged only after whoever still writes points of the document."""
        document = await knowledge.add(DUCKS)
        await knowledge.sql("UPDATE work SET run_at = now() + interval '1 hour'")
        await knowledge.documents.delete(document.uuid, None)
        assert not await knowledge.worker.step()
        await knowledge.hurry()
        await knowledge.work()
        assert await knowledge.work_left() == 0


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

    @pytest.mark.parametrize("kind", ["index", "purge"])
    async def test_stale(self, knowledge: Knowledge, kind: str) -> None:
        """Work that is somebody else's cannot be taken off the table."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.sql(
            "INSERT INTO work (kind, document_uuid) VALUES (%s, %s)", kind, document.uuid
        )
        row = await knowledge.database.run(lambda queries: queries.claim_work(seconds=-1))
        await knowledge.database.run(lambda queries: queries.claim_work(seconds=60))
        with pytest.raises(LostWork):
            await knowledge.database.run(Work(**row).finish)
        assert await knowledge.work_left() == 1

    async def test_kept(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker keeps its work for as long as it takes, and nobody else gets it."""
        monkeypatch.setattr("app.documents.worker.LEASE_SEC", 1.0)
        await knowledge.sql(RECORD)
        await knowledge.add(DUCKS)
        async with documents_locked(knowledge):
            step = asyncio.create_task(knowledge.worker.step())
            await until(lambda: is_leased_for_longer(knowledge, 2))
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


class TestQdrantDown:
    async def test_postponed(self, remote: Knowledge, qdrant: QdrantDouble) -> None:
        """Work that Qdrant refuses is tried again later, each time twice as late; then it is done."""
        document = await remote.add(DUCKS)
        await remote.sql("UPDATE work SET attempts = 2")
        qdrant.fail(503)
        for attempt, expected in [(3, 8), (4, 16)]:
            await remote.hurry()
            await remote.worker.step()
            attempts, delay = await attempts_and_delay(remote)
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
        _, delay = await attempts_and_delay(remote)
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
        await until(lambda: is_ready(cut_off, document.uuid), seconds=20)
        running.cancel()
        await asyncio.wait([running])


class TestUnexpected:
    async def test_retried_then_failed(self, knowledge: Knowledge) -> None:
        """An error that nobody foresaw is tried MAX_ATTEMPTS times, then told in a sentence."""
        document = await self._collide(knowledge)
        for attempt in range(1, MAX_ATTEMPTS):
            await knowledge.work()
            assert (await attempts_and_delay(knowledge))[0] == attempt
            await knowledge.hurry()
        await knowledge.work()
        stored = await knowledge.documents.get(document, None)
        assert (stored.status, stored.error) == ("failed", INTERNAL_ERROR)
        assert await knowledge.sql("SELECT FROM passage WHERE document_uuid = %s", document) == []
        assert await knowledge.work_left() == 0
        assert await knowledge.store.count() == 1

    async def test_passes(self, knowledge: Knowledge) -> None:
        """An error that goes away costs a document nothing."""
        document = await self._collide(knowledge)
        await knowledge.work()
        await knowledge.sql("DELETE FROM passage")
        await knowledge.hurry()
        await knowledge.work()
        assert (await knowledge.documents.get(document, None)).status == "ready"

    async def test_others(self, knowledge: Knowledge) -> None:
        """A document with which something is wrong does not hold up the others."""
        await self._collide(knowledge)
        assert (await knowledge.ingest("Geese graze.", "b.txt")).status == "ready"

    async def _collide(self, knowledge: Knowledge) -> object:
        """A document whose first passage is another document's already: it cannot be inserted."""
        other = await knowledge.ingest("Something else", "other.txt")
        document = await knowledge.add(DUCKS)
        await knowledge.sql(
            "UPDATE passage SET uuid = %s WHERE document_uuid = %s",
            passage_uuid(document.uuid, 0),
            other.uuid,
        )
        return document.uuid


class TestRun:
    async def test_wakes(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """New work is begun when it is there, not when the worker looks next."""
        monkeypatch.setattr("app.documents.worker.POLL_SEC", 3600)
        running = asyncio.create_task(knowledge.worker.run())
        for name in (
            "a.txt",
            "b.txt",
        ):  # when the second comes, the worker has seen that it is idle
            document = await knowledge.add(f"The text of {name}", name)
            await until(partial(is_ready, knowledge, document.uuid), seconds=20)
        running.cancel()
        await asyncio.wait([running])
