"""Follow-ups: what is searched for in a chat."""

import numpy as np
import pytest

from app.core.caller import NOBODY
from app.embeddings.embedder import Embedder
from app.retrieval.constants import CANDIDATES
from app.retrieval.conversation import (
    CONTEXT_CHARS,
    combine,
    context_of,
    is_courtesy,
    weight_of_context,
)
from app.retrieval.models import Turn
from app.retrieval.relevance import Relevance
from app.retrieval.services import RetrievalService
from app.vector_store.base import SearchFilter, SearchQuery
from tests.support.knowledge import Knowledge

VOLCANO = "The volcano Tungurahua is 5023 metres high and last erupted in 2016."
LAKE = "The lake Titicaca is 3812 metres above the sea and 281 metres deep."
TURN = Turn("Tell me about the volcano Tungurahua", "Tungurahua is an active volcano in Ecuador.")
FOLLOW_UP = "And how high is it?"


@pytest.fixture
async def retrieval(knowledge: Knowledge, embedder: Embedder) -> RetrievalService:
    """A knowledge base of a volcano and a lake, that takes whatever it finds for relevant."""
    await knowledge.ingest(VOLCANO, "volcano.txt")
    await knowledge.ingest(LAKE, "lake.txt")
    relevance = Relevance(knowledge.database, embedder.name, -1)
    return RetrievalService(embedder, knowledge.store, knowledge.database, relevance)


class TestCourtesy:
    @pytest.mark.parametrize(
        "said",
        [
            "Thanks!",
            "ok",
            "Thank you so much, that's great!",
            "hello",
            "Danke schön",
            "OK, cool.",
            "many thanks",
        ],
    )
    def test_asks_for_nothing(self, said: str) -> None:
        """Thanks and hello are no questions."""
        assert is_courtesy(said)

    @pytest.mark.parametrize(
        "said", ["yes", "more", "how much", "ok?", "Thanks, and how high is it", "it is", "", "12"]
    )
    def test_asks_for_something(self, said: str) -> None:
        """What could be a question is one."""
        assert not is_courtesy(said)


class TestContext:
    def test_beginnings(self) -> None:
        """Of long messages the beginning is taken, cut between words."""
        lines = context_of(FOLLOW_UP, Turn("word " * 100, "w" * 500)).split("\n")
        assert lines[0] == FOLLOW_UP
        assert [len(line) <= CONTEXT_CHARS for line in lines[1:]] == [True, True]
        assert lines[1].endswith("word")

    @pytest.mark.parametrize(("nearest", "weight"), [(0.9, 0), (0.65, 0), (0.45, 0.5), (0.25, 1)])
    def test_weight_falls_as_passages_come_near(self, nearest: float, weight: float) -> None:
        """The nearer a passage is to the question alone, the less its chat counts."""
        assert weight_of_context(nearest) == pytest.approx(weight)


class TestFollowUp:
    async def test_is_understood(self, retrieval: RetrievalService) -> None:
        """A question that leans on the turn before it finds what that was about."""
        alone = await retrieval.relevant(NOBODY, FOLLOW_UP, limit=1)
        in_chat = await retrieval.relevant(NOBODY, FOLLOW_UP, TURN, limit=1)
        assert alone.queries == [FOLLOW_UP]
        assert [source.text for source in in_chat.sources] == [VOLCANO]
        assert in_chat.queries[0] == FOLLOW_UP
        assert TURN.question in in_chat.queries[1]

    async def test_question_that_stands_alone(self, retrieval: RetrievalService) -> None:
        """A question that a passage is near to is searched for as if there were no chat."""
        question = "How deep is the lake Titicaca?"
        in_chat = await retrieval.relevant(NOBODY, question, TURN, limit=2)
        assert in_chat == await retrieval.relevant(NOBODY, question, limit=2)

    async def test_thanks(self, retrieval: RetrievalService) -> None:
        """Thanks find nothing, in a chat as well."""
        for turn in (None, TURN):
            assert await retrieval.relevant(NOBODY, "Thanks!", turn, limit=3) == ([], [])

    async def test_scores_are_those_of_both_searches(
        self, retrieval: RetrievalService, knowledge: Knowledge, embedder: Embedder
    ) -> None:
        """One search gives each passage the sum of its scores in two."""
        context = context_of(FOLLOW_UP, TURN)
        vectors = [await embedder.embed_query(text) for text in (FOLLOW_UP, context)]
        weight = 0.5
        both = combine(FOLLOW_UP, vectors[0], context, vectors[1], weight)
        assert np.linalg.norm(both.vector) == pytest.approx(1, abs=1e-5)
        found = await _cosines(knowledge, both)
        first = await _cosines(knowledge, SearchQuery.of(vectors[0], FOLLOW_UP))
        second = await _cosines(knowledge, SearchQuery.of(vectors[1], context))
        for id, cosine in found.items():
            summed = first[id] + weight * second[id]
            assert cosine * both.cosine_weight == pytest.approx(summed, abs=0.01)


async def _cosines(knowledge: Knowledge, query: SearchQuery) -> dict[object, float]:
    candidates = await knowledge.store.query(query, SearchFilter(), candidates=CANDIDATES)
    return {candidate.id: candidate.cosine for candidate in candidates}
