"""Work that a worker has taken: its lease, kept or lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import psycopg2
import pytest

from app.core.exceptions import RetrievalUnavailable
from app.documents.constants import LONGEST_BACKOFF_SEC
from app.documents.exceptions import LostWork
from app.documents.work import Work
from tests.documents.knowledge import DUCKS, Knowledge, pages
from tests.documents.work_table import INDEX_LATER, RECORD, STEAL

pytestmark = pytest.mark.usefixtures("small_steps")


@asynccontextmanager
async def documents_locked(knowledge: Knowledge) -> AsyncIterator[None]:
    """Lets everybody who writes documents wait."""
    assert knowledge.settings.DATABASE_URL
    url = knowledge.settings.DATABASE_URL.get_secret_value()
    with closing(await asyncio.to_thread(psycopg2.connect, url)) as connection:
        cursor = connection.cursor()
        await asyncio.to_thread(cursor.execute, "LOCK TABLE document IN EXCLUSIVE MODE")
        yield


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
