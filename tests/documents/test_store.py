"""The contract of a vector store, kept by Edge and by a Qdrant server alike."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.exceptions import ConfigurationError
from app.documents.edge import EdgeVectorStore
from app.documents.qdrant import QdrantVectorStore
from app.documents.store import Point, SearchFilter, VectorStore, create_vector_store
from settings import Settings
from tests.documents.points import DIMENSIONS, axis, point, random_points, uuid_of
from tests.documents.stores import EVERYTHING, FILTERED, KINDS, found, settings_for
from tests.qdrant_double import QdrantDouble


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """The settings of a process with each kind of store."""
    with settings_for(request.param, tmp_path) as settings:
        yield settings


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[VectorStore]:
    """An empty store."""
    store = await create_vector_store(settings, DIMENSIONS)
    yield store
    await store.close()


class TestUpsert:
    async def test_nothing(self, store: VectorStore) -> None:
        """Writing no points is allowed."""
        await store.upsert([])
        assert await store.count() == 0

    async def test_many(self, store: VectorStore) -> None:
        """All points of a large write arrive."""
        await store.upsert(random_points(150))
        assert await store.count() == 150

    async def test_twice(self, store: VectorStore) -> None:
        """A point written again replaces the one with its id."""
        await store.upsert([point(1, axis(1), "old")])
        await store.upsert([point(1, axis(0, 1), "new")])
        [candidate] = await store.query(axis(0, 1), "new old", EVERYTHING, candidates=5)
        assert await store.count() == 1
        assert candidate.cosine == pytest.approx(1)


class TestQuery:
    async def test_empty_store(self, store: VectorStore) -> None:
        """Nothing is found where nothing is."""
        assert await store.query(axis(1), "fox", EVERYTHING, candidates=5) == []

    async def test_cosine(self, store: VectorStore) -> None:
        """The candidates are the nearest points, nearest first, with their exact cosines."""
        points = random_points(60)
        await store.upsert(points)
        query = axis(3, -1, 2, 0.5)
        expected = sorted((float(each.dense @ query), each.id) for each in points)[:-11:-1]
        candidates = await store.query(query, "", EVERYTHING, candidates=10)
        assert [each.id for each in candidates] == [id for _, id in expected]
        assert [each.cosine for each in candidates] == pytest.approx(
            [cosine for cosine, _ in expected], abs=1e-5
        )

    async def test_by_words_alone(self, store: VectorStore) -> None:
        """Without a vector BM25 alone finds, in its own order."""
        texts = ["a red fox", "a hen", "a red hen and a fox, and much more than that"]
        await store.upsert([point(number, text=text) for number, text in enumerate(texts)])
        candidates = await store.query(None, "red fox", EVERYTHING, candidates=5)
        assert [each.id for each in candidates] == [uuid_of(0), uuid_of(2)]
        assert all(each.cosine == 0 < each.bm25 for each in candidates)

    async def test_bm25_beyond_the_nearest(self, store: VectorStore) -> None:
        """A point that only its words make a candidate has its cosine nevertheless."""
        near = [point(number, axis(1, number / 100), "hen") for number in range(1, 6)]
        await store.upsert([*near, point(9, axis(-1, 1), "The quick foxes")])
        candidates = await store.query(axis(1), "a quick fox", EVERYTHING, candidates=3)
        last = candidates[-1]
        assert len(candidates) == 4
        assert last.id == uuid_of(9)
        assert last.bm25 > 0
        assert last.cosine == pytest.approx(-(0.5**0.5), abs=1e-5)
        assert [each.bm25 for each in candidates[:-1]] == [0, 0, 0]

    async def test_rare_word(self, store: VectorStore) -> None:
        """BM25 gives a rare word more weight than a common one."""
        common = [point(number, text="common word") for number in range(1, 20)]
        await store.upsert([*common, point(20, text="rare word")])
        candidates = await store.query(axis(1), "rare common", EVERYTHING, candidates=20)
        assert max(candidates, key=lambda each: each.bm25).id == uuid_of(20)

    async def test_pair_of_words(self, store: VectorStore) -> None:
        """BM25 prefers a passage in which the question's words are neighbours."""
        texts = ["a fox saw a red hen", "a hen saw a red fox", "a fox that was red saw a hen"]
        await store.upsert([point(number, text=text) for number, text in enumerate(texts)])
        candidates = await store.query(axis(1), "red fox", EVERYTHING, candidates=5)
        best, *others = sorted(candidates, key=lambda each: -each.bm25)
        assert best.id == uuid_of(1)
        assert others[0].bm25 == pytest.approx(others[1].bm25)

    async def test_no_words(self, store: VectorStore) -> None:
        """A question of stop words alone is answered by the vectors."""
        await store.upsert([point(1, text="the fox")])
        [candidate] = await store.query(axis(1), "what is the", EVERYTHING, candidates=5)
        assert (candidate.id, candidate.bm25) == (uuid_of(1), 0)

    async def test_order_of_equals(self, store: VectorStore) -> None:
        """Points that score the same come in the order of their ids."""
        await store.upsert([point(number) for number in (3, 1, 4, 2)])
        candidates = await store.query(axis(1), "", EVERYTHING, candidates=5)
        assert [each.id.int for each in candidates] == [1, 2, 3, 4]


class TestDelete:
    async def test_document(self, store: VectorStore) -> None:
        """All points of the document are gone, whoever owns them, and no others."""
        await store.upsert(FILTERED)
        await store.delete(uuid_of(1))
        assert await store.documents() == {uuid_of(2): 1, uuid_of(3): 1}

    async def test_unknown(self, store: VectorStore) -> None:
        """Deleting what is not there changes nothing."""
        await store.upsert(FILTERED)
        await store.delete(uuid_of(9))
        assert await store.count() == len(FILTERED)

    async def test_clear(self, store: VectorStore) -> None:
        """A cleared store is empty, and can be filled again."""
        await store.upsert(FILTERED)
        await store.clear()
        assert await store.count() == 0
        await store.upsert(FILTERED[:1])
        assert await found(store) == {uuid_of(1)}


class TestDocuments:
    async def test_counts(self, store: VectorStore) -> None:
        """Every document is there with the number of its points, more than any default limit."""
        points = [point(number, document=number // 2) for number in range(100)]
        await store.upsert(points)
        assert await store.documents() == {uuid_of(number): 2 for number in range(50)}


class TestOpen:
    async def test_again(self, settings: Settings) -> None:
        """What one process has written, the next one finds."""
        first = await create_vector_store(settings, DIMENSIONS)
        await first.upsert(FILTERED)
        await first.close()
        second = await create_vector_store(settings, DIMENSIONS)
        await second.ready()
        assert await found(second, SearchFilter(7)) == {uuid_of(1), uuid_of(2), uuid_of(4)}
        await second.close()

    async def test_other_model(self, settings: Settings, store: VectorStore) -> None:
        """Another EMBEDDING_MODEL is refused with what is there and what to do."""
        await store.upsert(FILTERED)
        await store.close()
        other = settings.model_copy(update={"EMBEDDING_MODEL": "BAAI/bge-small-en"})
        with pytest.raises(ConfigurationError) as refusal:
            await create_vector_store(other, 12)
        assert str(refusal.value) == (
            "The Qdrant collection demo holds fast-all-minilm-l6-v2 (8 dimensions), bm25-pairs, "
            "but EMBEDDING_MODEL needs fast-bge-small-en (12 dimensions) and bm25-pairs: set "
            "EMBEDDING_MODEL back, or choose another QDRANT_COLLECTION_NAME and run "
            "`python -m app.documents reindex`."
        )

    async def test_other_collection(self, settings: Settings, store: VectorStore) -> None:
        """Collections are apart: another name is another store, also for another model."""
        await store.upsert(FILTERED)
        changed = {"EMBEDDING_MODEL": "BAAI/bge-small-en", "QDRANT_COLLECTION_NAME": "other"}
        other = await create_vector_store(settings.model_copy(update=changed), 12)
        assert await other.count() == 0
        await other.close()

    async def test_close_twice(self, store: VectorStore) -> None:
        """Closing a closed store is harmless."""
        await store.close()
        await store.close()


class TestBoth:
    async def test_same_answers(self, tmp_path: Path) -> None:
        """Edge and a server find the same candidates with the same scores."""
        with QdrantDouble(tmp_path) as double:
            edge = await create_vector_store(Settings(DATA_DIR=tmp_path), DIMENSIONS)
            server = await create_vector_store(Settings(QDRANT_URL=double.url), DIMENSIONS)
            assert isinstance(edge, EdgeVectorStore)
            assert isinstance(server, QdrantVectorStore)
            answers = [await answer_of(each, random_points(300)) for each in (edge, server)]
        assert len(answers[0]) > 20
        np.testing.assert_allclose(answers[0], answers[1], atol=1e-6)


async def answer_of(store: VectorStore, points: list[Point]) -> list[tuple[int, float, float]]:
    """What a store with these points answers to one question."""
    await store.upsert(points)
    candidates = await store.query(axis(1, 2), "term17", EVERYTHING, candidates=20)
    await store.close()
    return [(each.id.int, each.cosine, each.bm25) for each in candidates]
