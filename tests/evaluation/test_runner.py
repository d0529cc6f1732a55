"""How good retrieval is on labelled questions, put to the knowledge base or to a corpus."""

from pathlib import Path

import pytest

from app.vector_store.exceptions import StoreHeld
from evaluation.exceptions import UnusableSet
from evaluation.runner import evaluate, measure_evidence
from settings import Settings
from tests.support.knowledge import Knowledge
from tests.support.labelled_sets import CHESS, DUCKS, PORT, corpus, write

RANKINGS = {"dense", "BM25", "default"}


class TestEvaluate:
    """The report on a set."""

    async def test_knowledge_base_is_asked_as_it_is(self, filled: Settings, tmp_path: Path) -> None:
        """Questions are put to the knowledge base as it is, and labels name its sources."""
        report, _ = await evaluate(filled, "s", write(tmp_path / "q", [PORT, DUCKS, CHESS]), None)
        assert (report.answerable, report.unanswerable) == (2, 1)
        assert (report.documents, report.passages) == (3, 3)
        assert report.rankings.keys() == RANKINGS
        assert all(metrics["nDCG@10"].value == 1 for metrics in report.rankings.values())
        assert report.errors.false_answers
        assert report.errors.false_refusals
        assert report.errors.false_answers.value == report.errors.false_refusals.value == 0

    async def test_embedding_takes_longer_than_the_search_alone(
        self, filled: Settings, tmp_path: Path
    ) -> None:
        """A search takes some time, and with the embedding of its question it takes longer."""
        report, _ = await evaluate(filled, "s", write(tmp_path / "q", [PORT, DUCKS]), None)
        assert 0 < report.search.median < report.with_embedding.median
        assert report.search.median <= report.search.p99
        assert report.with_embedding.median <= report.with_embedding.p99

    async def test_bm25_alone_needs_common_words(self, filled: Settings, tmp_path: Path) -> None:
        """BM25 finds nothing where no word is shared; the other rankings do."""
        question = {"question": "Birds' diet?", "relevant": [{"document": "ducks"}]}
        report, _ = await evaluate(filled, "s", write(tmp_path / "q", [question]), None)
        hits = {name: metrics["hit@1"].value for name, metrics in report.rankings.items()}
        assert hits == {"dense": 1, "BM25": 0, "default": 1}

    async def test_threshold_in_force_decides_refusals(
        self, filled: Settings, tmp_path: Path
    ) -> None:
        """Refusals are those of the threshold in force."""
        strict = filled.model_copy(update={"RELEVANCE_THRESHOLD": 1.8})
        report, _ = await evaluate(strict, "s", write(tmp_path / "q", [PORT, CHESS]), None)
        assert report.threshold == 1.8
        assert report.errors.false_refusals
        assert report.errors.false_refusals.value == 1

    async def test_unanswerable_questions_alone_have_no_metrics(
        self, filled: Settings, tmp_path: Path
    ) -> None:
        """Where no question is answerable, there are false answers to count, but no metrics."""
        report, _ = await evaluate(filled, "s", write(tmp_path / "q", [CHESS]), None)
        assert report.rankings == {name: {} for name in RANKINGS}
        assert report.errors.false_refusals is None
        assert report.errors.false_answers

    async def test_held_vectors_are_not_measured(
        self, knowledge: Knowledge, tmp_path: Path
    ) -> None:
        """While a server holds the vectors nothing is measured, and nothing is lost."""
        await knowledge.ingest("Ducks eat plants.")
        with pytest.raises(StoreHeld, match="stop it first"):
            await evaluate(knowledge.settings, "s", write(tmp_path / "q", [CHESS]), None)
        assert await knowledge.store.count() == 1


class TestTwins:
    """Documents of a corpus that hold the same text."""

    async def test_text_is_found_for_a_label_of_either_twin(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        """A text that two documents hold is found for a label of either of them."""
        text = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."
        twin = DUCKS | {"relevant": [{"document": "twin", "start": 18, "end": 47}]}
        whole = DUCKS | {"relevant": [{"document": "twin"}]}
        questions = write(tmp_path / "q", [DUCKS, twin, whole])
        documents = corpus(tmp_path / "corpus.jsonl", twin=text)
        report, _ = await evaluate(settings, "s", questions, [documents])
        assert (report.documents, report.passages) == (4, 4)
        assert report.rankings["default"]["hit@1"].value == 1


class TestMeasureEvidence:
    """What a calibration rests on."""

    async def test_answerable_question_has_more_evidence(
        self, filled: Settings, tmp_path: Path
    ) -> None:
        """Every question has its best evidence, and an answerable one has more than another."""
        [port, chess] = await measure_evidence(filled, write(tmp_path / "q", [PORT, CHESS]), None)
        assert (port.is_answerable, chess.is_answerable) == (True, False)
        assert port.evidence > chess.evidence

    async def test_nothing_found_is_the_least_evidence(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        """Where nothing is found, a question has less evidence than any passage could give."""
        [chess] = await measure_evidence(settings, write(tmp_path / "q", [CHESS]), None)
        assert chess.evidence == -1

    async def test_unknown_document_is_named(self, filled: Settings, tmp_path: Path) -> None:
        """A label of a document that is not there is an error that names it."""
        question = PORT | {"relevant": [{"document": "gone"}]}
        with pytest.raises(UnusableSet, match="names gone, which is not among the documents"):
            await measure_evidence(filled, write(tmp_path / "q", [question]), None)
