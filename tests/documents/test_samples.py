"""Sample documents: they leave as soon as others come in."""

import pytest

from app.core.caller import NOBODY, Caller
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.users import ANN, BOB

SAMPLE = "The API listens on port 8000."


async def sources(knowledge: Knowledge, caller: Caller = NOBODY) -> list[str]:
    """The documents that a caller sees."""
    return [document.source for document in await knowledge.documents.page(caller, 20)]


class TestSamples:
    async def test_sample_is_found(self, knowledge: Knowledge) -> None:
        """Samples are found, beside each other, as long as there are no other documents."""
        await knowledge.ingest(SAMPLE, "README.md", is_sample=True)
        await knowledge.ingest(DUCKS, "ducks.md", is_sample=True)
        assert {source.source for source in await knowledge.found("Which port?")} == {
            "README.md",
            "ducks.md",
        }

    async def test_samples_leave_at_once(self, knowledge: Knowledge) -> None:
        """From the moment in which another document is taken in, no sample is found."""
        await knowledge.ingest(SAMPLE, "README.md", is_sample=True)
        await knowledge.add(DUCKS)
        assert await knowledge.found("Which port?") == []
        await knowledge.work()
        assert [source.text for source in await knowledge.found("Which port?")] == [DUCKS]
        assert await knowledge.drift() == 0

    async def test_same_document_is_no_sample(self, knowledge: Knowledge) -> None:
        """Whoever puts a sample in themselves has a document like any other."""
        await knowledge.ingest(SAMPLE, "README.md", is_sample=True)
        await knowledge.ingest(SAMPLE, "README.md")
        await knowledge.ingest(DUCKS)
        assert await sources(knowledge) == ["a.txt", "README.md"]

    @pytest.mark.usefixtures("people")
    async def test_users_document_counts(self, knowledge: Knowledge) -> None:
        """Samples leave for all, also where a user puts a document of their own in."""
        await knowledge.ingest(SAMPLE, "README.md", is_sample=True)
        await knowledge.add(DUCKS, owner=ANN)
        assert await sources(knowledge, ANN) == ["a.txt"]
        assert await sources(knowledge, BOB) == []
