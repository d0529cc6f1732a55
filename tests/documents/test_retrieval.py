"""What questions are answered from, and what counts as evidence for it."""

import pytest

from app.core.embeddings import Embedder
from app.documents.ranking import Candidate
from app.documents.relevance import Relevance
from app.documents.retrieval import Found, RetrievalService
from tests.documents.knowledge import Knowledge
from tests.documents.sources import source

QUESTION = "What do mallard ducks eat?"
ANSWER = "Mallard ducks eat plants."


def passage(text: str, title: str = "Notes") -> Found:
    """A passage that only its words speak for."""
    found = source(text, title)
    return Found(Candidate(found.document_uuid, cosine=0), found)


class TestRelevant:
    async def test_repeats(self, knowledge: Knowledge, embedder: Embedder) -> None:
        """What a document says forty times leaves room for everything else in an answer."""
        await knowledge.ingest("# Ducks\n\nDucks eat plants.\n\n" * 40, "repeats.md")
        others = [f"{number}.txt" for number in range(19)]
        for name in others:
            await knowledge.ingest(f"Snails, as told in {name}", name)
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
