"""Two processes with separate stores on one database: nothing is lost, and it is said."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.documents.constants import OTHER_INDEX
from app.documents.index_version import take_over
from app.embeddings.embedder import Embedder
from tests.conftest import SettingsFactory
from tests.support.knowledge import DUCKS, Knowledge, half_way, open_knowledge, pages
from tests.support.server import serve

GEESE = "Geese graze on meadows."


@pytest.fixture
async def other(
    knowledge: Knowledge, embedder: Embedder, tmp_path: Path
) -> AsyncIterator[Knowledge]:
    """Another process on the same database, whose store is empty: it starts after a document."""
    await knowledge.ingest(DUCKS)
    settings = knowledge.settings.model_copy(update={"DATA_DIR": tmp_path / "other"})
    async with open_knowledge(settings, embedder) as other:
        yield other


async def reindex(knowledge: Knowledge) -> None:
    """What the command does: this index becomes the one of the database."""
    uuid = await knowledge.store.index_uuid()
    await knowledge.documents.reindex(lambda queries: take_over(queries, uuid, "demo"))


class TestOtherIndex:
    async def test_it_says_so(
        self, make_settings: SettingsFactory, knowledge: Knowledge, tmp_path: Path
    ) -> None:
        """A service with another index is not ready, and says what an operator has to do."""
        await knowledge.ingest(DUCKS)
        async with serve(make_settings(DATA_DIR=tmp_path / "other")) as client:
            response = await client.get("/readiness")
            check = response.json()["checks"]["qdrant"]
            assert response.status_code == 503
            assert (check["status"], check["detail"]) == ("failed", OTHER_INDEX)
            answer = await client.post("/v1/completion", json={"message": "Hi"})
            assert answer.status_code == 200  # it serves what it can

    async def test_it_takes_no_jobs(
        self, knowledge: Knowledge, other: Knowledge, caplog: pytest.LogCaptureFixture
    ) -> None:
        """What is put in through it is ingested by the other process, and found there."""
        assert [record.message for record in caplog.get_records("setup")] == [OTHER_INDEX]
        document = await other.add(GEESE, "b.txt")
        await other.work()
        assert not await other.is_ready(document.uuid)
        await knowledge.work()
        assert await other.is_ready(document.uuid)
        assert await knowledge.drift() == 0
        assert await other.store.count() == 0

    async def test_reindex_takes_over(self, knowledge: Knowledge, other: Knowledge) -> None:
        """After `reindex` it has every document, and the first process takes no jobs any more."""
        await reindex(other)
        document = await knowledge.add(GEESE, "b.txt")
        await knowledge.work()
        assert not await knowledge.is_ready(document.uuid)
        await other.work()
        assert await other.drift() == 0
        assert {source.text for source in await other.found("ducks geese")} == {DUCKS, GEESE}

    @pytest.mark.usefixtures("small_steps")
    async def test_job_under_way(self, knowledge: Knowledge, other: Knowledge) -> None:
        """An ingestion that is under way then is done for the new index, from its beginning on."""
        document = await knowledge.add(pages(8), "b.txt")
        async with half_way(knowledge, document):
            await reindex(other)
        assert not await knowledge.is_ready(document.uuid)
        await knowledge.hurry()
        await other.work()
        assert await other.is_ready(document.uuid)
        assert await other.drift() == 0
        assert (await other.store.documents())[document.uuid] == 8

    async def test_empty_database_takes_any(
        self, knowledge: Knowledge, embedder: Embedder, tmp_path: Path
    ) -> None:
        """Where no document can be lost, a new store needs no command."""
        settings = knowledge.settings.model_copy(update={"DATA_DIR": tmp_path / "other"})
        async with open_knowledge(settings, embedder) as other:
            document = await other.ingest(DUCKS)
            assert await other.is_ready(document.uuid)
            await knowledge.work()
            assert (await other.drift(), await knowledge.store.count()) == (0, 0)

    async def test_index_of_before(self, knowledge: Knowledge, embedder: Embedder) -> None:
        """An index from before they had uuids is known by its collection; another one is not."""
        await knowledge.ingest(DUCKS)
        await knowledge.sql("UPDATE index_version SET index_uuid = NULL")
        settings = knowledge.settings.model_copy(update={"QDRANT_COLLECTION_NAME": "another"})
        async with open_knowledge(settings, embedder) as another:
            await knowledge.add(GEESE, "b.txt")
            await another.work()
            assert await another.store.count() == 0
