"""Documents that are read anew from their kept originals."""

import asyncio

import pytest

from app.core.caller import NOBODY
from app.documents.constants import NOT_READ_ANEW
from app.documents.ingestion.answers import ParsedDocument
from app.documents.ingestion.parser_process import DocumentFile, ParserDied
from app.documents.models import Document
from tests.support.knowledge import DUCKS, Knowledge, pages
from tests.support.shared import shared_parser

pytestmark = pytest.mark.usefixtures("small_steps")


SLOW_INSERTS = """
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END
    $$;
    CREATE TRIGGER wait AFTER INSERT ON passage FOR EACH STATEMENT EXECUTE FUNCTION wait();
"""


async def age(knowledge: Knowledge, document: Document, text: str) -> None:
    """Makes a document one that an older loader read as this text, in one passage."""
    await knowledge.sql(
        'UPDATE passage SET text = %s, start = 0, "end" = %s WHERE document_uuid = %s',
        text,
        len(text),
        document.uuid,
    )


async def forget(knowledge: Knowledge, document: Document) -> None:
    """Makes a document one of before originals were kept."""
    await knowledge.sql("DELETE FROM document_content WHERE document_uuid = %s", document.uuid)
    await knowledge.sql(
        "UPDATE document SET text_bytes = NULL, text_sha256 = NULL WHERE uuid = %s", document.uuid
    )


class TestReingest:
    async def test_read_anew(self, knowledge: Knowledge) -> None:
        """A document is what its original says, under the uuid that it had."""
        document = await knowledge.ingest(DUCKS)
        await age(knowledge, document, "What an older loader read")
        queued = await knowledge.documents.reingest([document.uuid])
        await knowledge.work()
        assert queued.queued == [document.uuid]
        [found] = await knowledge.found("What do ducks eat?")
        assert (found.text, found.document_uuid) == (DUCKS, document.uuid)
        assert await knowledge.is_ready(document.uuid)
        assert await knowledge.drift() == 0

    async def test_found_meanwhile(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A document is found, whole and as it was, until all of it has been read anew."""
        document = await knowledge.ingest(pages(6))
        await knowledge.sql("UPDATE passage SET text = 'old ' || ordinal")
        embedded, let = asyncio.Event(), asyncio.Event()
        upsert = knowledge.store.upsert

        async def wait(points: object) -> None:
            embedded.set()
            await let.wait()
            await upsert(points)  # type: ignore[arg-type]

        monkeypatch.setattr(knowledge.store, "upsert", wait)
        await knowledge.documents.reingest()
        working = asyncio.create_task(knowledge.work())
        await embedded.wait()
        assert {found.text for found in await knowledge.found("Duck")} == {
            f"old {n}" for n in range(6)
        }
        assert await knowledge.is_ready(document.uuid)
        let.set()
        await working
        assert all(found.text.startswith("# Duck") for found in await knowledge.found("Duck"))

    async def test_fewer_passages(self, knowledge: Knowledge) -> None:
        """A document that has become shorter leaves no point and no passage behind."""
        document = await knowledge.ingest(pages(6))
        await knowledge.sql(
            "UPDATE document_content SET part = %s WHERE kind = 'file'", pages(2).encode()
        )
        await knowledge.documents.reingest([document.uuid])
        await knowledge.work()
        assert await knowledge.store.documents() == {document.uuid: 2}
        assert len(await knowledge.found("Duck")) == 2
        read = await knowledge.documents.get(NOBODY, document.uuid)
        assert (read.passages_total, read.passages_done) == (2, 2)
        assert await knowledge.drift() == 0

    async def test_unreadable_now(self, knowledge: Knowledge) -> None:
        """What cannot be read any more fails with the reason, and is not found."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.sql("UPDATE document_content SET part = ' ' WHERE kind = 'file'")
        await knowledge.documents.reingest([document.uuid])
        await knowledge.work()
        [failed] = await knowledge.documents.failed([document.uuid])
        assert failed.error == "This file is empty."
        assert await knowledge.found("ducks") == []
        assert await knowledge.drift() == 0

    async def test_failed_before(self, knowledge: Knowledge) -> None:
        """A document that failed is tried again."""
        document = await knowledge.ingest(" ", media_type="application/octet-stream")
        await knowledge.sql("UPDATE document_content SET part = %s", DUCKS.encode())
        queued = await knowledge.documents.reingest()
        await knowledge.work()
        assert queued.queued == [document.uuid]
        assert [found.text for found in await knowledge.found("ducks")] == [DUCKS]

    async def test_title(self, knowledge: Knowledge) -> None:
        """The title that a document gives itself is read anew; one that was given stays."""
        own = await knowledge.ingest("# On ducks\n\nThey dive.", "a.md", media_type="text/markdown")
        given = await knowledge.ingest(
            "# On geese\n\nThey graze.", "b.md", media_type="text/markdown", title="My geese"
        )
        await knowledge.sql("UPDATE document SET title = 'What an older loader took for one'")
        await knowledge.documents.reingest()
        await knowledge.work()
        titles = [
            (await knowledge.documents.get(NOBODY, document.uuid)).title
            for document in (own, given)
        ]
        assert titles == ["On ducks", "My geese"]

    async def test_purge_still_to_come(self, knowledge: Knowledge) -> None:
        """A document that failed is not tried again while its points are still to be purged."""
        document = await knowledge.ingest(" ", media_type="application/octet-stream")
        await knowledge.sql(
            "INSERT INTO job (kind, document_uuid) VALUES ('purge', %s)", document.uuid
        )
        assert (await knowledge.documents.reingest()).queued == []

    async def test_purge_of_what_came_back(self, knowledge: Knowledge) -> None:
        """A purge that comes late takes no point of a document that is ready."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.sql(
            "INSERT INTO job (kind, document_uuid) VALUES ('purge', %s)", document.uuid
        )
        await knowledge.work()
        assert [found.text for found in await knowledge.found("ducks")] == [DUCKS]

    async def test_parser_died(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document at which the parser dies again and again is found as it was, and says so."""
        document = await knowledge.ingest(DUCKS)

        async def die(file: DocumentFile) -> ParsedDocument:
            raise ParserDied("It died.")

        monkeypatch.setattr(shared_parser(), "parse", die)
        monkeypatch.setattr("app.jobs.worker.MAX_FAULTS", 1)
        await knowledge.documents.reingest()
        await knowledge.work()
        [left] = await knowledge.documents.failed([document.uuid])
        assert (left.status, left.error) == ("ready", NOT_READ_ANEW)
        assert [found.text for found in await knowledge.found("ducks")] == [DUCKS]
        assert await knowledge.drift() == 0

    async def test_many_passages(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What takes longer to write than any other transaction may is written all the same."""
        monkeypatch.setattr("app.documents.ingestion.transactions.INSERT_AT_ONCE", 2)
        document = await knowledge.ingest(pages(9))
        await knowledge.sql("UPDATE passage SET text = 'old'")
        await knowledge.sql(SLOW_INSERTS)
        monkeypatch.setattr(knowledge.database, "timeout_sec", 0.5)
        await knowledge.documents.reingest()
        await knowledge.work()
        assert await knowledge.jobs_left() == 0
        texts = await knowledge.sql("SELECT text FROM passage ORDER BY ordinal")
        assert len(texts) == 9
        assert all(text.startswith("# Duck") for (text,) in texts)
        assert await knowledge.is_ready(document.uuid)

    async def test_deleted_meanwhile(self, knowledge: Knowledge) -> None:
        """A document that is deleted while it is read anew leaves nothing."""
        document = await knowledge.ingest(DUCKS)
        await knowledge.documents.reingest()
        await knowledge.documents.delete(NOBODY, document.uuid)
        await knowledge.work()
        assert (await knowledge.jobs_left(), await knowledge.store.count()) == (0, 0)

    async def test_deleted_while_embedded(
        self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A document that is deleted while its new passages are embedded leaves no point."""
        old = await knowledge.ingest(DUCKS)
        embedder, begun = knowledge.retrieval._embedder, asyncio.Event()  # noqa: SLF001
        embed = embedder.embed_passages

        async def replaced_then(texts: list[str]) -> object:
            if not begun.is_set():
                begun.set()
                await knowledge.documents.delete(NOBODY, old.uuid)
            return await embed(texts)

        monkeypatch.setattr(embedder, "embed_passages", replaced_then)
        await knowledge.documents.reingest()
        await knowledge.work()
        assert begun.is_set()
        assert (await knowledge.jobs_left(), await knowledge.store.count()) == (0, 0)

    async def test_twice(self, knowledge: Knowledge) -> None:
        """Asked for twice, a document is read anew once."""
        document = await knowledge.ingest(DUCKS)
        assert (await knowledge.documents.reingest()).queued == [document.uuid]
        assert (await knowledge.documents.reingest()).queued == []
        assert await knowledge.jobs_left() == 1


class TestWithoutOriginal:
    async def test_named(self, knowledge: Knowledge) -> None:
        """What was taken in before originals were kept is told, and stays as it is."""
        document = await knowledge.ingest(DUCKS)
        await forget(knowledge, document)
        outcome = await knowledge.documents.reingest()
        assert (outcome.queued, outcome.without_original) == ([], [document.uuid])
        assert [found.text for found in await knowledge.found("ducks")] == [DUCKS]

    async def test_uploaded_again(self, knowledge: Knowledge) -> None:
        """The same bytes once more give it an original and a text."""
        document = await knowledge.ingest(DUCKS)
        await forget(knowledge, document)
        again = await knowledge.ingest(DUCKS)
        assert again.uuid == document.uuid
        kept = await knowledge.sql("SELECT kind, convert_from(part, 'UTF8') FROM document_content")
        assert sorted(kept) == [("file", DUCKS), ("text", DUCKS)]
        assert [found.text for found in await knowledge.found("ducks")] == [DUCKS]
