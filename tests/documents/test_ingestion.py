"""From an uploaded document to what can be found of it."""

from tests.documents.knowledge import Knowledge, pages

DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."


class TestIngest:
    async def test_ready(self, knowledge: Knowledge) -> None:
        """An ingested document is ready, counted, and found."""
        document = await knowledge.ingest(DUCKS)
        assert (document.status, document.passages_done, document.passages_total) == ("ready", 1, 1)
        assert [each.text for each in await knowledge.found("What do ducks eat?")] == [DUCKS]
        assert await knowledge.work_left() == 0

    async def test_all_passages(self, knowledge: Knowledge) -> None:
        """Every passage of a long document is in Postgres and in the index, once."""
        document = await knowledge.ingest(pages(40))
        assert document.passages_total == document.passages_done == 40
        assert await knowledge.store.documents() == {document.uuid: 40}
        assert await knowledge.retrieval.drift() == 0
