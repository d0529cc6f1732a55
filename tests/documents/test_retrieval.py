"""What questions are answered from, and what counts as evidence for it."""

from uuid import UUID

import pytest

from app.core.embeddings import Embedder
from app.documents.models import Source
from app.documents.ranking import Candidate
from app.documents.relevance import Relevance
from app.documents.retrieval import Found, RetrievalService
from tests.documents.knowledge import Knowledge

QUESTION = "What do mallard ducks eat?"
ANSWER = "Mallard ducks eat plants."


def passage(text: str, title: str = "Notes") -> Found:
    """A passage that only its words speak for."""
    uuid = UUID(int=1)
    source = Source(
        document_uuid=uuid,
        title=title,
        source="a.txt",
        ordinal=0,
        start=0,
        end=len(text),
        text=text,
        score=0,
    )
    return Found(Candidate(uuid, cosine=0), source)


class TestRelevant:
    async def test_repeats(self, knowledge: Knowledge, embedder: Embedder) -> None:
        """What a document says forty times leaves room for everything else in an answer."""
        await knowledge.ingest("# Ducks\n\nDucks eat plants.\n\n" * 40, "repeats.md")
        others = [f"{number}.txt" for number in range(19)]
        for source in others:
            await knowledge.ingest(f"Snails, as told in {source}", source)
        anything = Relevance(knowledge.database, embedder.name, -1)
        retrieval = RetrievalService(embedder, knowledge.store, knowledge.database, anything)
        found = await retrieval.relevant("What do ducks eat?", limit=20)
        assert sorted(each.source for each in found) == sorted(["repeats.md", *others])


class TestEvidence:
    @pytest.mark.parametrize(("place", "counting"), [(0, 1), (2, 1), (3, 0)])
    def test_place(self, knowledge: Knowledge, place: int, counting: int) -> None:
        """An answer among the three best passages counts, and none that comes after them."""
        passages = [passage(ANSWER if each == place else "It rains.") for each in range(5)]
        assert (
            sum(each > 0 for each in knowledge.retrieval.evidence(QUESTION, passages)) == counting
        )

    def test_title(self, knowledge: Knowledge) -> None:
        """Words of the question that stand only in the title count like those of the text."""
        passages = [passage("It rains.", ANSWER), passage(ANSWER)]
        in_title, in_text = knowledge.retrieval.evidence(QUESTION, passages)
        assert in_title == in_text > 0
