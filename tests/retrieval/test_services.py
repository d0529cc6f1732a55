"""What questions are answered from, and what counts as evidence for it."""

import pytest

from app.core.caller import NOBODY
from app.embeddings.embedder import Embedder
from app.retrieval.relevance import Relevance
from app.retrieval.services import RetrievalService, RetrievedPassage
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.sources import retrieved_passage

QUESTION = "What do mallard ducks eat?"
ANSWER = "Mallard ducks eat plants."


def retrieval_at(threshold: float, knowledge: Knowledge, embedder: Embedder) -> RetrievalService:
    """The retrieval of a service with this RELEVANCE_THRESHOLD."""
    relevance = Relevance(knowledge.database, embedder.name, threshold)
    return RetrievalService(embedder, knowledge.store, knowledge.database, relevance)


class TestRelevant:
    """The sources of an answer."""

    async def test_repeats_leave_room_for_others(
        self, knowledge: Knowledge, embedder: Embedder
    ) -> None:
        """What a document says forty times leaves room for everything else in an answer."""
        await knowledge.ingest("# Ducks\n\nDucks eat plants.\n\n" * 40, "repeats.md")
        others = [f"{number}.txt" for number in range(19)]
        for name in others:
            await knowledge.ingest(f"Snails, as told in {name}", name)
        retrieval = retrieval_at(-1, knowledge, embedder)
        found = await retrieval.relevant(NOBODY, "What do ducks eat?", limit=20)
        assert sorted(source.source for source in found.sources) == sorted(["repeats.md", *others])

    async def test_text_of_two_documents_is_named_once(
        self, knowledge: Knowledge, embedder: Embedder
    ) -> None:
        """An answer names a text once that two documents hold, and so has room for others."""
        for name, text in (("a.txt", DUCKS), ("b.txt", DUCKS), ("c.txt", "Ducks eat grain.")):
            await knowledge.ingest(text, name)
        found = await retrieval_at(-1, knowledge, embedder).relevant(NOBODY, QUESTION, limit=2)
        assert [source.text for source in found.sources] == [DUCKS, "Ducks eat grain."]

    @pytest.mark.parametrize(("threshold", "count"), [(0.5, 1), (1.8, 0)])
    async def test_evidence_must_reach_the_threshold(
        self, knowledge: Knowledge, embedder: Embedder, threshold: float, count: int
    ) -> None:
        """A question has sources only if the evidence of a passage reaches the threshold."""
        await knowledge.ingest(DUCKS)
        found = await retrieval_at(threshold, knowledge, embedder).relevant(
            NOBODY, QUESTION, limit=3
        )
        assert len(found.sources) == count


class TestEvidence:
    """The evidence of the best passages."""

    @pytest.mark.parametrize(("place", "counting"), [(0, 1), (2, 1), (3, 0)])
    def test_only_the_three_best_passages_count(
        self, knowledge: Knowledge, place: int, counting: int
    ) -> None:
        """An answer among the three best passages counts, and none that comes after them."""
        passages = [retrieved_passage(ANSWER if n == place else "It rains.") for n in range(5)]
        found = list(knowledge.retrieval.evidence(QUESTION, passages))
        assert sum(amount > 0 for amount in found) == counting

    def test_words_of_the_title_count(self, knowledge: Knowledge) -> None:
        """Words of the question that stand only in the title count like those of the text."""
        passages = [retrieved_passage("It rains.", ANSWER), retrieved_passage(ANSWER)]
        in_title, in_text = knowledge.retrieval.evidence(QUESTION, passages)
        assert in_title == in_text > 0

    def test_passages_are_looked_at_one_by_one(self, knowledge: Knowledge) -> None:
        """A passage is looked at only when those before it are not enough."""
        unreadable: RetrievedPassage = None  # type: ignore[assignment] # an error if looked at
        found = knowledge.retrieval.evidence(QUESTION, [retrieved_passage(ANSWER), unreadable])
        assert next(found) > 0
