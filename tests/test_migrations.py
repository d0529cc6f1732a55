"""Migrations keep what is there, and every one can be undone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.core.models import uuid7
from app.embeddings.embedder import Embedder
from settings import Settings
from tests.support.knowledge import DUCKS, open_knowledge
from tests.support.migrations import FILES, MigratedDatabase, unmigrated
from tests.support.psql import run_sql
from tests.support.users import insert_people

HALF = len(DUCKS) // 2
INSERT_DOCUMENT = """
INSERT INTO document (uuid, title, source, media_type, bytes, sha256, status, passages_done)
VALUES (%s, %s, %s, 'text/plain', %s, 'digest', %s, 0)
"""
INSERT_WORK = """
INSERT INTO work (kind, document_uuid, attempts, faults, run_at)
VALUES ('ingest', %s, 3, 1, '2026-01-01') RETURNING id
"""
INSERT_CONTENT = "INSERT INTO work_content (work_id, ordinal, piece) VALUES (%s, %s, %s)"
INSERT_MESSAGE = """
INSERT INTO message (uuid, model, role, message, status)
VALUES (gen_random_uuid(), 'm', 'user', 'Hello', 'complete')
"""
INSERT_PASSAGE = """
INSERT INTO passage (uuid, document_uuid, ordinal, start, "end", headings, text)
VALUES (gen_random_uuid(), %s, 0, 0, 5, '{Birds}', 'Ducks')
"""


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Iterator[MigratedDatabase]:
    """An empty database without a migration."""
    with unmigrated(postgres_url, tmp_path) as database:
        yield database


def migration(name: str) -> Path:
    """The file of the migration of this name."""
    [file] = [file for file in FILES if file.stem.partition("_")[2] == name]
    return file


def insert_document(database: MigratedDatabase, source: str, status: str = "ready") -> UUID:
    """Inserts a document, which has the same bytes as every other; its uuid."""
    uuid = uuid7()
    run_sql(database.url, INSERT_DOCUMENT, uuid, source, source, len(DUCKS), status)
    return uuid


def insert_work(database: MigratedDatabase, document_uuid: UUID) -> None:
    """Inserts what is to be done for a document, with its bytes, as it was before the renaming."""
    [(id,)] = run_sql(database.url, INSERT_WORK, document_uuid)
    for ordinal, piece in enumerate((DUCKS[:HALF], DUCKS[HALF:])):
        run_sql(database.url, INSERT_CONTENT, id, ordinal, piece.encode())


class TestDown:
    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
    def test_undoes_up(self, database: MigratedDatabase, file: Path) -> None:
        """A migration that is undone leaves the schema as it was, and can be applied again."""
        database.up_to(file)
        before = database.schema()
        database.up(file)
        after = database.schema()
        database.down()
        assert database.schema() == before
        database.up()
        assert database.schema() == after != before


class TestRenameWorkToJob:
    async def test_ingested(
        self, database: MigratedDatabase, embedder: Embedder, tmp_path: Path
    ) -> None:
        """A document that waited for its ingestion before the migration is ingested after it."""
        await asyncio.to_thread(database.up_to, migration("rename_work_to_job"))
        uuid = await asyncio.to_thread(insert_document, database, "a.txt", "pending")
        await asyncio.to_thread(insert_work, database, uuid)
        await asyncio.to_thread(database.up, *FILES)
        settings = Settings(DATABASE_URL=SecretStr(database.url), DATA_DIR=tmp_path / "data")
        async with open_knowledge(settings, embedder) as knowledge:
            await knowledge.work()
            assert await knowledge.is_ready(uuid)
            assert [source.text for source in await knowledge.found("ducks")] == [DUCKS]

    def test_jobs(self, database: MigratedDatabase) -> None:
        """A job keeps its content, its attempts and faults, and gets its document's size."""
        database.up_to(migration("rename_work_to_job"))
        uuid = insert_document(database, "a.txt", "pending")
        insert_work(database, uuid)
        database.up(migration("rename_work_to_job"))
        jobs = "SELECT kind, document_uuid, attempts, faults, bytes, run_at::date::text FROM job"
        assert run_sql(database.url, jobs) == [
            ("ingest", str(uuid), 3, 1, len(DUCKS), "2026-01-01")
        ]
        parts = "SELECT convert_from(part, 'UTF8') FROM job_content ORDER BY ordinal"
        assert run_sql(database.url, parts) == [(DUCKS[:HALF],), (DUCKS[HALF:],)]

    def test_undone(self, database: MigratedDatabase) -> None:
        """A job keeps its content, its attempts and faults also when the migration is undone."""
        database.up_to(migration("rename_work_to_job"))
        uuid = insert_document(database, "a.txt", "pending")
        insert_work(database, uuid)
        database.up(migration("rename_work_to_job"))
        database.down()
        work = "SELECT kind, document_uuid, attempts, faults FROM work"
        assert run_sql(database.url, work) == [("ingest", str(uuid), 3, 1)]
        pieces = "SELECT convert_from(piece, 'UTF8') FROM work_content ORDER BY ordinal"
        assert run_sql(database.url, pieces) == [(DUCKS[:HALF],), (DUCKS[HALF:],)]


class TestKnowDocumentsBySource:
    def test_undone(self, database: MigratedDatabase) -> None:
        """Undoing the migration keeps the oldest document of the same bytes; others are purged."""
        file = migration("know_documents_by_source")
        database.up_to(file)
        database.up(file)
        oldest, younger = insert_document(database, "a.txt"), insert_document(database, "b.txt")
        failed = insert_document(database, "c.txt", "failed")
        database.down()
        left = run_sql(database.url, "SELECT uuid FROM document ORDER BY id")
        assert left == [(str(oldest),), (str(failed),)]
        jobs = run_sql(database.url, "SELECT kind, document_uuid FROM job")
        assert jobs == [("purge", str(younger))]


class TestAddPassagePage:
    def test_older_passages(self, database: MigratedDatabase) -> None:
        """A passage from before pages were kept has no page, and keeps its headings."""
        file = migration("add_passage_page")
        database.up_to(file)
        run_sql(database.url, INSERT_PASSAGE, insert_document(database, "a.txt"))
        database.up(file)
        passages = run_sql(database.url, "SELECT text, headings, page FROM passage")
        assert passages == [("Ducks", ["Birds"], None)]


class TestGiveRowsOwners:
    def test_kept(self, database: MigratedDatabase) -> None:
        """What was there before people is nobody's, and is all there."""
        database.up_to(migration("give_rows_owners"))
        uuid = insert_document(database, "a.txt")
        run_sql(database.url, INSERT_PASSAGE, uuid)
        run_sql(database.url, INSERT_MESSAGE)
        database.up(*FILES)
        for table in ("document", "passage", "message"):
            assert run_sql(database.url, f"SELECT user_id FROM {table}") == [(None,)], table

    def test_undone(self, database: MigratedDatabase) -> None:
        """When owners are taken away, what is theirs goes, and what is nobody's stays."""
        database.up(*FILES[: FILES.index(migration("give_rows_owners")) + 1])
        shared, own = (insert_document(database, name) for name in ("a.txt", "b.txt"))
        insert_people(database.url)
        run_sql(database.url, "UPDATE document SET user_id = 1 WHERE uuid = %s", own)
        run_sql(database.url, INSERT_MESSAGE)
        run_sql(database.url, "UPDATE message SET user_id = 1")
        database.down()
        assert run_sql(database.url, "SELECT uuid FROM document") == [(str(shared),)]
        assert run_sql(database.url, "SELECT kind, document_uuid FROM job") == [("purge", str(own))]
        assert run_sql(database.url, "SELECT 1 FROM message") == []


class TestKeepOriginals:
    def test_waiting_document(self, database: MigratedDatabase) -> None:
        """The bytes that wait for their ingestion become the original; undone, they wait again."""
        file = migration("keep_originals")
        database.up_to(migration("rename_work_to_job"))
        uuid = insert_document(database, "a.txt", "pending")
        insert_work(database, uuid)
        database.up(*FILES[: FILES.index(file) + 1])
        parts = "SELECT convert_from(part, 'UTF8') FROM document_content WHERE document_uuid = %s"
        assert run_sql(database.url, parts, uuid) == [(DUCKS[:HALF],), (DUCKS[HALF:],)]
        database.down()
        parts = "SELECT convert_from(part, 'UTF8') FROM job_content ORDER BY ordinal"
        assert run_sql(database.url, parts) == [(DUCKS[:HALF],), (DUCKS[HALF:],)]

    def test_label(self, database: MigratedDatabase) -> None:
        """A document that waits keeps what it was labelled as; a plain text has no label."""
        file = migration("keep_originals")
        database.up_to(file)
        for source, media_type in (("a.txt", "text/plain"), ("b.md", "text/markdown")):
            uuid = insert_document(database, source, "pending")
            change = "UPDATE document SET media_type = %s, sha256 = uuid::text WHERE uuid = %s"
            run_sql(database.url, change, media_type, uuid)
        database.up(file)
        labels = run_sql(database.url, "SELECT source, declared_type FROM document ORDER BY id")
        assert labels == [("a.txt", None), ("b.md", "text/markdown")]


class TestComposeSources:
    """Sources in one spelling: here an umlaut of one character, and of two."""

    COMPOSED, DECOMPOSED = "\u00d6ffnung.md", "O\u0308ffnung.md"

    def insert(self, database: MigratedDatabase, source: str, status: str, digest: str) -> str:
        """Inserts a document with these bytes; its uuid."""
        uuid = uuid7()
        run_sql(database.url, INSERT_DOCUMENT, uuid, source, source, 1, status)
        run_sql(database.url, "UPDATE document SET sha256 = %s WHERE uuid = %s", digest, uuid)
        return str(uuid)

    def test_alone(self, database: MigratedDatabase) -> None:
        """A decomposed source is composed, and its points learn of it; another stays as it is."""
        database.up_to(file := migration("compose_sources"))
        changed = self.insert(database, self.DECOMPOSED, "ready", "1")
        self.insert(database, "plain.md", "ready", "1")
        database.up(file)
        sources = run_sql(database.url, "SELECT source, title FROM document ORDER BY id")
        assert sources == [(self.COMPOSED, self.COMPOSED), ("plain.md", "plain.md")]
        jobs = run_sql(database.url, "SELECT kind, document_uuid FROM job")
        assert jobs == [("index", changed)]

    @pytest.mark.parametrize("newer_is_decomposed", [True, False])
    def test_two_meet(self, database: MigratedDatabase, *, newer_is_decomposed: bool) -> None:
        """Where two are ready, the newer one replaces the older, whose points are purged."""
        database.up_to(file := migration("compose_sources"))
        spellings = [self.COMPOSED, self.DECOMPOSED]
        older, newer = (
            self.insert(database, source, "ready", digest)
            for source, digest in zip(
                spellings if newer_is_decomposed else spellings[::-1], "12", strict=True
            )
        )
        database.up(file)
        left = run_sql(database.url, "SELECT uuid, source FROM document")
        assert left == [(newer, self.COMPOSED)]
        assert ("purge", older) in run_sql(database.url, "SELECT kind, document_uuid FROM job")

    def test_waiting(self, database: MigratedDatabase) -> None:
        """What waits stays beside what is ready, unless it has the same bytes; failures go."""
        database.up_to(file := migration("compose_sources"))
        ready = self.insert(database, self.COMPOSED, "ready", "1")
        same = self.insert(database, self.DECOMPOSED, "pending", "1")
        other = self.insert(database, self.DECOMPOSED, "pending", "2")
        failed = self.insert(database, self.DECOMPOSED, "failed", "3")
        database.up(file)
        left = run_sql(database.url, "SELECT uuid, source FROM document ORDER BY id")
        assert left == [(ready, self.COMPOSED), (other, self.COMPOSED)]
        jobs = run_sql(database.url, "SELECT kind, document_uuid FROM job")
        assert sorted(jobs) == sorted([("purge", same), ("purge", failed)])
