"""An index of an older version of the code."""

from typing import Any

import pytest

from app.core.background import background
from app.core.caller import Caller
from app.documents.index_version import INDEX_VERSION, upgrade_index, upgrade_index_when_possible
from tests.conftest import SettingsFactory
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.psql import run_sql
from tests.support.server import serve
from tests.support.waiting import until

COLLECTION = "demo"


class TestUpgradeIndex:
    async def test_older_index_is_written_anew(
        self, knowledge: Knowledge, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Documents of before there were versions are indexed anew, and found meanwhile."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.sql("DELETE FROM index_version")
        assert await upgrade_index(knowledge.database, knowledge.store, COLLECTION)
        assert "1 documents are indexed anew" in caplog.text
        assert await knowledge.sql("SELECT kind, document_uuid FROM job") == [
            ("index", str(document.uuid))
        ]
        assert [source.text for source in await knowledge.found("ducks")] == [DUCKS]
        await knowledge.work()
        assert await knowledge.drift() == 0

    async def test_upgrade_happens_once(self, knowledge: Knowledge) -> None:
        """A second start finds the index current, and queues nothing."""
        await knowledge.ingest(DUCKS)
        await knowledge.sql("DELETE FROM index_version")
        assert await upgrade_index(knowledge.database, knowledge.store, COLLECTION)
        await knowledge.work()
        assert not await upgrade_index(knowledge.database, knowledge.store, COLLECTION)
        assert await knowledge.jobs_left() == 0

    async def test_empty_index_is_current(self, knowledge: Knowledge) -> None:
        """What is ingested after the first start is of this version already."""
        assert not await upgrade_index(knowledge.database, knowledge.store, COLLECTION)
        await knowledge.ingest(DUCKS)
        assert not await upgrade_index(knowledge.database, knowledge.store, COLLECTION)

    async def test_new_collection_is_not_filled(self, knowledge: Knowledge) -> None:
        """A start on another collection queues nothing: moving is for `reindex`."""
        await knowledge.ingest(DUCKS)
        assert not await upgrade_index(knowledge.database, knowledge.store, "another")
        assert await knowledge.jobs_left() == 0

    async def test_newer_index_is_left_alone(self, knowledge: Knowledge) -> None:
        """An older process that starts beside newer ones does not turn the index back."""
        await knowledge.ingest(DUCKS)
        await knowledge.sql("UPDATE index_version SET version = 999")
        assert not await upgrade_index(knowledge.database, knowledge.store, COLLECTION)
        assert await knowledge.sql("SELECT version FROM index_version") == [(999,)]

    async def test_late_migration_is_waited_for(
        self,
        knowledge: Knowledge,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Where the table is missing, the index is upgraded once it is there."""
        monkeypatch.setattr("app.documents.index_version.VERSION_RETRY_SEC", 0.01)
        await knowledge.ingest(DUCKS)
        await knowledge.sql("DELETE FROM index_version")
        await knowledge.sql("ALTER TABLE index_version RENAME TO not_there_yet")
        told, looks = list[bool](), list[Caller]()
        run = knowledge.database.run

        async def counted(caller: Caller, work: Any) -> Any:
            looks.append(caller)
            return await run(caller, work)

        monkeypatch.setattr(knowledge.database, "run", counted)
        upgrading = upgrade_index_when_possible(
            *(knowledge.database, knowledge.store, COLLECTION), lambda: told.append(True)
        )
        async with background(upgrading):
            await until(lambda: len(looks) >= 3)
            assert told == []
            await knowledge.sql("ALTER TABLE not_there_yet RENAME TO index_version")
            await until(lambda: told == [True])
        assert await knowledge.jobs_left() == 1


class TestService:
    async def test_start_brings_the_index_up_to_date(
        self, make_settings: SettingsFactory, own_database_url: str
    ) -> None:
        """A service that starts on an older index says so in /readiness until it is rewritten."""
        settings = make_settings()
        async with serve(settings) as client:
            given = {"text": DUCKS, "title": "Ducks", "source": "a"}
            await client.post("/v1/documents", json=given)

            async def is_quiet() -> bool:
                return run_sql(own_database_url, "SELECT count(*) FROM job") == [(0,)]

            await until(is_quiet, 20)
        run_sql(own_database_url, "UPDATE index_version SET version = 1")
        run_sql(
            own_database_url,
            "CREATE FUNCTION delay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "NEW.run_at = now() + interval '1 hour'; RETURN NEW; END $$",
        )
        run_sql(
            own_database_url,
            "CREATE TRIGGER delay BEFORE INSERT ON job FOR EACH ROW EXECUTE FUNCTION delay()",
        )
        async with serve(settings) as client:

            async def reindexing() -> bool:
                checks = (await client.get("/readiness")).json()["checks"]
                return bool(checks["qdrant"]["reindexing"])

            await until(reindexing)
            run_sql(own_database_url, "UPDATE job SET run_at = now()")

            async def is_done() -> bool:
                return not await reindexing()

            await until(is_done, 20)
        [(version,)] = run_sql(own_database_url, "SELECT version FROM index_version")
        assert version == INDEX_VERSION
