"""What questions are answered from, and what counts as evidence for it."""

import pytest

from app.core.caller import NOBODY
from app.embeddings.embedder import Embedder
from app.retrieval.judging import Finding, RetrievedPassage
from app.retrieval.models import Turn
from app.retrieval.relevance import Relevance
from app.retrieval.services import RetrievalService
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


class TestRelevantRepeats:
    """Passages that say the same, in many documents."""

    async def test_copies_leave_room_however_many_there_are(
        self, knowledge: Knowledge, embedder: Embedder
    ) -> None:
        """What forty documents say word for word takes one place of an answer."""
        for number in range(40):
            await knowledge.add(DUCKS, f"{number}.txt")
        await knowledge.ingest("Ducks eat grain where people feed them.", "other.txt")
        found = await retrieval_at(-1, knowledge, embedder).relevant(NOBODY, QUESTION, limit=2)
        assert found.sources[-1].source == "other.txt"


class TestLongQuestion:
    """A question among much else."""

    LETTER = (
        "Hello, I hope that you are well. My sister bought one of your plotters in spring and is "
        "very happy with it, apart from the colour of its cover, which she would have liked to be "
        "green. Yesterday afternoon, after a long series of beeps, its display showed {code}, and "
        "nothing that we tried has helped so far. Could you please tell us what it means?"
    )
    MANUAL = "Message QX-4711 means that the roll of paper is empty. Put in a new one."

    @pytest.mark.parametrize(("code", "count"), [("QX-4711", 1), ("QX-4712", 0)])
    async def test_letter_is_judged_by_what_it_asks(
        self, knowledge: Knowledge, code: str, count: int
    ) -> None:
        """A letter is answered from the passage on the code in it, and refused if none is."""
        await knowledge.ingest(self.MANUAL)
        letter = self.LETTER.format(code=code)
        found = await knowledge.retrieval.relevant(NOBODY, letter, limit=3)
        assert len(found.sources) == count

    async def test_short_message_is_looked_at_again_only_in_vain(
        self, knowledge: Knowledge
    ) -> None:
        """A short message with a code is searched for once, unless the whole finds nothing."""
        await knowledge.ingest("The pump P-4012 has a warranty of two years.")
        question = "What warranty does the pump have?"
        for code, searches in (("P-4012", 1), ("Z-9999", 2)):
            message = f"I have the pump {code} here. {question}"
            found = await knowledge.retrieval.relevant(NOBODY, message, limit=3)
            assert found.queries == [message, question][:searches]
            assert len(found.sources) == 1

    async def test_part_that_names_the_same_is_not_searched_for(self, knowledge: Knowledge) -> None:
        """Where a code stands nowhere, the part of a message that names it costs no search."""
        await knowledge.ingest(self.MANUAL)
        message = "Hello, I hope that you are well. What does QX-4712 mean?"
        found = await knowledge.retrieval.relevant(NOBODY, message, limit=3)
        assert found.queries == [message]

    async def test_short_message_keeps_the_turn_before_it(self, knowledge: Knowledge) -> None:
        """A follow-up of two sentences is understood by the turn before it, as one sentence is."""
        await knowledge.ingest(self.MANUAL)
        turn = Turn("What does QX-4711 mean?", "The roll of paper is empty.")
        found = await knowledge.retrieval.relevant(
            NOBODY, "Thanks, I see. And what do I do then?", turn, limit=3
        )
        assert any("QX-4711" in query for query in found.queries)

    async def test_each_thing_that_is_asked_has_its_sources(self, knowledge: Knowledge) -> None:
        """A letter with two questions has sources for both, and none for small talk."""
        await knowledge.ingest(self.MANUAL, "manual.txt")
        await knowledge.ingest(DUCKS, "ducks.txt")
        letter = f"{self.LETTER.format(code='QX-4711')} And what do mallard ducks eat?"
        found = await knowledge.retrieval.relevant(NOBODY, letter, limit=3)
        assert [source.source for source in found.sources] == ["manual.txt", "ducks.txt"]


class TestFinding:
    """The evidence of what was found."""

    def test_words_of_title_and_headings_count(self) -> None:
        """Words of the question that stand in title or headings count like those of the text."""
        in_title, in_text = retrieved_passage("It rains.", ANSWER), retrieved_passage(ANSWER)
        [first, second] = Finding(QUESTION, [in_title, in_text]).evidence()
        assert first == second > 0

    def test_passages_are_looked_at_one_by_one(self) -> None:
        """A passage is looked at only when those before it are not enough."""
        first = retrieved_passage(ANSWER)
        unreadable = RetrievedPassage(first.candidate, None)  # type: ignore[arg-type] # an error
        assert next(Finding(QUESTION, [first, unreadable]).evidence()) > 0

    def test_passage_that_names_what_is_asked_comes_first(self) -> None:
        """What holds the code of a question is judged, however far down it was found."""
        others = [retrieved_passage(f"It rains in {town}.") for town in ("Ulm", "Bonn", "Kiel")]
        named = retrieved_passage("QX-4711: the paper is empty.")
        found = Finding("What does QX4711 mean?", [*others, named])
        assert found.sources(1) == [named.source]
        assert next(found.evidence()) > 0.8

    def test_best_by_words_is_judged(self) -> None:
        """The best passage by its words is one of the three that are judged."""
        others = [retrieved_passage(f"It rains in {town}.") for town in ("Ulm", "Bonn", "Kiel")]
        by_words = retrieved_passage(ANSWER)
        by_words = by_words._replace(candidate=by_words.candidate._replace(bm25=9.0))
        found = Finding(QUESTION, [*others, by_words])
        assert [passage.source for passage in found.passages].index(by_words.source) == 2


class TestJudged:
    """How many passages are judged."""

    @pytest.mark.parametrize(("place", "count"), [(0, 5), (2, 5), (3, 0)])
    async def test_only_the_three_best_passages_count(
        self,
        knowledge: Knowledge,
        embedder: Embedder,
        monkeypatch: pytest.MonkeyPatch,
        place: int,
        count: int,
    ) -> None:
        """An answer among the three best passages counts, and none that comes after them."""
        rain = ["It rains.", "Snow falls.", "A storm comes.", "Fog lies there.", "Hail hits."]
        texts = [ANSWER if n == place else rain[n] for n in range(5)]
        passages = [retrieved_passage(text) for text in texts]
        retrieval = retrieval_at(0.5, knowledge, embedder)

        async def find(*_: object, **__: object) -> list[RetrievedPassage]:
            return passages

        monkeypatch.setattr(retrieval.passages, "find", find)
        found = await retrieval.relevant(NOBODY, QUESTION, limit=5)
        assert len(found.sources) == count
