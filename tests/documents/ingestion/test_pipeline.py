"""From an uploaded document to what can be found of it, whatever happens meanwhile."""

import pytest

from app.core.caller import NOBODY
from app.documents.models import NewDocument
from app.loaders.constants import PDF
from tests.support.documents import pdf
from tests.support.knowledge import DUCKS, Knowledge, half_way, pages

pytestmark = pytest.mark.usefixtures("small_steps")


class TestIngest:
    async def test_ready(self, knowledge: Knowledge) -> None:
        """An ingested document is ready, counted, and found."""
        document = await knowledge.ingest(DUCKS)
        assert (document.status, document.passages_done, document.passages_total) == ("ready", 1, 1)
        assert [source.text for source in await knowledge.found("What do ducks eat?")] == [DUCKS]
        assert await knowledge.jobs_left() == 0

    async def test_all_passages(self, knowledge: Knowledge) -> None:
        """Every passage of a long document is in Postgres and in the index, once."""
        document = await knowledge.ingest(pages(5))
        assert document.passages_total == document.passages_done == 5
        assert await knowledge.store.documents() == {document.uuid: 5}
        assert await knowledge.drift() == 0

    async def test_offsets(self, knowledge: Knowledge) -> None:
        """A passage is found with the place in the text where it stands."""
        text = pages(3)
        await knowledge.ingest(text)
        found = await knowledge.found("Duck")
        assert all(text[source.start : source.end] == source.text for source in found)
        assert {source.ordinal for source in found} == {0, 1, 2}

    async def test_headings(self, knowledge: Knowledge) -> None:
        """A passage is found with the headings that it stands under, outermost first."""
        await knowledge.ingest("# Birds\n\n## Ducks\n\nThey dive.\n\n### Mallards\n\nThey dabble.")
        found = {source.text: source.headings for source in await knowledge.found("They dabble")}
        assert found["### Mallards\n\nThey dabble."] == ["Birds", "Ducks"]
        [(stored,)] = await knowledge.sql("SELECT headings FROM passage WHERE text LIKE '%dabble%'")
        assert stored == ["Birds", "Ducks"]

    async def test_pages(self, knowledge: Knowledge) -> None:
        """A passage of a PDF is found with the page on which it begins."""
        content = pdf("Ducks dive. " * 60, "", "Geese graze. " * 60)
        new = NewDocument(content, "Birds", "birds.pdf", PDF, declared_type=PDF)
        await knowledge.documents.add(NOBODY, new)
        await knowledge.work()
        found = await knowledge.found("Ducks and geese")
        assert {(source.text[:5], source.page) for source in found} == {("Ducks", 1), ("Geese", 3)}
        stored = await knowledge.sql("SELECT DISTINCT page FROM passage ORDER BY page")
        assert stored == [(1,), (3,)]

    async def test_no_pages(self, knowledge: Knowledge) -> None:
        """A passage of a text, which has no pages, is found without one."""
        await knowledge.ingest(DUCKS)
        assert [source.page for source in await knowledge.found("ducks")] == [None]

    async def test_parts(self, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that is kept in parts is read as the whole that it was."""
        monkeypatch.setattr("app.documents.contents.CONTENT_PART_BYTES", 100)
        text = pages(3)
        document = await knowledge.add(text)
        [(kept,)] = await knowledge.sql("SELECT count(*) FROM document_content")
        await knowledge.work()
        found = await knowledge.found("Duck")
        assert kept == -(-len(text) // 100)
        starts = sorted(source.start for source in found)
        assert starts == [text.index(f"# Duck {n}") for n in range(3)]
        assert found[0].document_uuid == document.uuid

    async def test_empty(self, knowledge: Knowledge) -> None:
        """A document of no bytes fails, and says why."""
        document = await knowledge.ingest("")
        assert document.error == "This file is empty."

    async def test_progress(self, knowledge: Knowledge) -> None:
        """A document that is being ingested says how far it has come, and is not found yet."""
        document = await knowledge.add(pages(12))
        async with half_way(knowledge, document):
            seen = await knowledge.documents.get(NOBODY, document.uuid)
            found = await knowledge.found("Duck")
            after = await knowledge.documents.get(NOBODY, document.uuid)
        assert (seen.status, seen.passages_total) == ("processing", 12)
        assert 0 < seen.passages_done < 12
        assert after.status == "processing"
        assert found == []

    async def test_unreadable(self, knowledge: Knowledge) -> None:
        """A document that cannot be read says why; its job is gone."""
        document = await knowledge.ingest(
            "%PDF-1.7 without an object", media_type="application/pdf"
        )
        assert document.status == "failed"
        assert document.error == "This PDF is cut off: send the whole of it again."
        assert await knowledge.jobs_left() == 0

    async def test_failed_version(self, knowledge: Knowledge) -> None:
        """A new version that cannot be read leaves the old one in place."""
        old = await knowledge.ingest(DUCKS)
        new = await knowledge.ingest("%PDF-1.7 without an object", media_type="application/pdf")
        assert new.status == "failed"
        assert [source.document_uuid for source in await knowledge.found("ducks")] == [old.uuid]


class TestDeleted:
    async def test_before(self, knowledge: Knowledge) -> None:
        """A document that is deleted before its turn is never ingested."""
        document = await knowledge.add(DUCKS)
        await knowledge.documents.delete(NOBODY, document.uuid)
        await knowledge.work()
        assert (await knowledge.jobs_left(), await knowledge.store.count()) == (0, 0)

    async def test_half_way(self, knowledge: Knowledge) -> None:
        """A document that is deleted while it is ingested leaves no passage and no point."""
        document = await knowledge.add(pages(12))
        async with half_way(knowledge, document):
            await knowledge.documents.delete(NOBODY, document.uuid)
        await knowledge.work()
        assert (await knowledge.jobs_left(), await knowledge.store.count()) == (0, 0)
        assert await knowledge.sql("SELECT FROM passage") == []

    async def test_new_version_half_way(self, knowledge: Knowledge) -> None:
        """A new version that is deleted while it is ingested leaves the old one in place."""
        old = await knowledge.ingest(DUCKS)
        new = await knowledge.add(pages(12))
        async with half_way(knowledge, new):
            await knowledge.documents.delete(NOBODY, new.uuid)
        assert {source.document_uuid for source in await knowledge.found("Duck")} == {old.uuid}
        assert await knowledge.drift() == 0
