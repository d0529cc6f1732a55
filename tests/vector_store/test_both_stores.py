"""The contract of a vector store, which Edge and a Qdrant server both keep."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.exceptions import ConfigurationError
from app.vector_store.base import Point, SearchFilter, VectorStore
from app.vector_store.factory import create_vector_store
from app.vector_store.fusion import rank
from settings import Settings
from tests.support.points import DIMENSIONS, asked, axis, point, random_points, uuid_of
from tests.support.qdrant_double import QdrantDouble
from tests.support.stores import EVERYTHING, FILTERED, KINDS, empty, found, settings_for


@pytest.fixture(params=KINDS)
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """The settings of a process with one kind of store: every test runs with both."""
    with settings_for(request.param, tmp_path) as settings:
        yield settings


@pytest.fixture
async def store(store_settings: Settings) -> AsyncIterator[VectorStore]:
    """An empty store."""
    store = await create_vector_store(store_settings, DIMENSIONS)
    yield store
    await store.close()


class TestUpsert:
    async def test_no_points_may_be_written(self, store: VectorStore) -> None:
        """Writing no points is allowed."""
        await store.upsert([])
        assert await store.count() == 0

    async def test_all_points_of_a_large_write_arrive(self, store: VectorStore) -> None:
        """All points of a large write arrive."""
        await store.upsert(random_points(150))
        assert await store.count() == 150

    async def test_point_written_again_is_replaced(self, store: VectorStore) -> None:
        """A point written again replaces the one with its id."""
        await store.upsert([point(1, axis(1), "old")])
        await store.upsert([point(1, axis(0, 1), "new")])
        [candidate] = await store.query(asked(axis(0, 1), "new old"), EVERYTHING, candidates=5)
        assert await store.count() == 1
        assert candidate.cosine == pytest.approx(1)


class TestIndexUuid:
    async def test_it_stays(self, store_settings: Settings) -> None:
        """An index that is opened again is the same one; another one is not."""
        other = store_settings.model_copy(update={"QDRANT_COLLECTION_NAME": "other"})
        seen = []
        for settings in (store_settings, store_settings, other):
            store = await create_vector_store(settings, DIMENSIONS)
            seen.append(await store.index_uuid())
            await store.close()
        assert seen[0] == seen[1] != seen[2]


class TestQuery:
    async def test_nothing_is_found_in_an_empty_store(self, store: VectorStore) -> None:
        """Nothing is found where nothing is."""
        assert await store.query(asked(axis(1), "fox"), EVERYTHING, candidates=5) == []

    async def test_nearest_come_first_with_exact_cosines(self, store: VectorStore) -> None:
        """The candidates are the nearest points, nearest first, with their exact cosines."""
        points = random_points(60)
        await store.upsert(points)
        query = axis(3, -1, 2, 0.5)
        expected = sorted((float(point.dense @ query), point.id) for point in points)[:-11:-1]
        candidates = await store.query(asked(query, ""), EVERYTHING, candidates=10)
        assert [candidate.id for candidate in candidates] == [id for _, id in expected]
        assert [candidate.cosine for candidate in candidates] == pytest.approx(
            [cosine for cosine, _ in expected], abs=1e-5
        )

    async def test_words_decide_among_equally_near_points(self, store: VectorStore) -> None:
        """Among points that are equally near, BM25 decides, and misses those without a word."""
        texts = ["a hen", "a red fox", "a red hen and a fox, and much more than that"]
        await store.upsert([point(number, text=text) for number, text in enumerate(texts)])
        candidates = await store.query(asked(axis(1), "red fox"), EVERYTHING, candidates=5)
        assert [candidate.id.int for candidate in candidates] == [1, 2, 0]
        assert [candidate.bm25 > 0 for candidate in candidates] == [True, True, False]

    async def test_candidates_have_the_scores_of_their_rank(self, store: VectorStore) -> None:
        """Candidates have the scores that they are ranked by, the greatest first."""
        await store.upsert(random_points(60))
        candidates = await store.query(asked(axis(1, 2), "word3 term17"), EVERYTHING, candidates=10)
        expected = rank(
            {candidate.id: candidate.cosine for candidate in candidates},
            {candidate.id: candidate.bm25 for candidate in candidates},
        )
        assert candidates == expected
        assert candidates[0].score > candidates[-1].score

    async def test_candidate_by_words_has_its_cosine(self, store: VectorStore) -> None:
        """A point that only its words make a candidate has its cosine nevertheless."""
        near = [point(number, axis(1, number / 100), "hen") for number in range(1, 6)]
        await store.upsert([*near, point(9, axis(-1, 1), "The quick foxes")])
        candidates = await store.query(asked(axis(1), "a quick fox"), EVERYTHING, candidates=3)
        last = candidates[-1]
        assert len(candidates) == 4
        assert last.id == uuid_of(9)
        assert last.bm25 > 0
        assert last.cosine == pytest.approx(-(0.5**0.5), abs=1e-5)
        assert [candidate.bm25 for candidate in candidates[:-1]] == [0, 0, 0]

    async def test_rare_word_weighs_more(self, store: VectorStore) -> None:
        """BM25 gives a rare word more weight than a common one."""
        common = [point(number, text="common word") for number in range(1, 20)]
        await store.upsert([*common, point(20, text="rare word")])
        candidates = await store.query(asked(axis(1), "rare common"), EVERYTHING, candidates=20)
        assert max(candidates, key=lambda candidate: candidate.bm25).id == uuid_of(20)

    async def test_neighbouring_words_weigh_more(self, store: VectorStore) -> None:
        """BM25 prefers a passage in which the question's words are neighbours."""
        texts = ["a fox saw a red hen", "a hen saw a red fox", "a fox that was red saw a hen"]
        await store.upsert([point(number, text=text) for number, text in enumerate(texts)])
        candidates = await store.query(asked(axis(1), "red fox"), EVERYTHING, candidates=5)
        best, *others = sorted(candidates, key=lambda candidate: -candidate.bm25)
        assert best.id == uuid_of(1)
        assert others[0].bm25 == pytest.approx(others[1].bm25)

    async def test_stop_words_alone_find_by_meaning(self, store: VectorStore) -> None:
        """A question of stop words alone is answered by the vectors."""
        await store.upsert([point(1, text="the fox")])
        [candidate] = await store.query(asked(axis(1), "what is the"), EVERYTHING, candidates=5)
        assert (candidate.id, candidate.bm25) == (uuid_of(1), 0)

    async def test_equals_come_in_the_order_of_their_ids(self, store: VectorStore) -> None:
        """Points that score the same come in the order of their ids."""
        await store.upsert([point(number) for number in (3, 1, 4, 2)])
        candidates = await store.query(asked(axis(1), ""), EVERYTHING, candidates=5)
        assert [candidate.id.int for candidate in candidates] == [1, 2, 3, 4]


class TestDelete:
    async def test_all_points_of_a_document_are_deleted(self, store: VectorStore) -> None:
        """All points of a deleted document are gone, of every owner, and no others."""
        await store.upsert(FILTERED)
        await store.delete(uuid_of(1))
        assert await store.documents() == {uuid_of(2): 1, uuid_of(3): 1}

    async def test_unknown_document_changes_nothing(self, store: VectorStore) -> None:
        """Deleting what is not there changes nothing."""
        await store.upsert(FILTERED)
        await store.delete(uuid_of(9))
        assert await store.count() == len(FILTERED)

    async def test_emptied_store_can_be_filled_again(self, store: VectorStore) -> None:
        """A store whose documents are all deleted is empty, and can be filled again."""
        await store.upsert(FILTERED)
        await empty(store)
        assert await store.count() == 0
        assert await store.documents() == {}
        await store.upsert(FILTERED[:1])
        assert await found(store) == {uuid_of(1)}


class TestDocuments:
    async def test_every_document_is_counted(self, store: VectorStore) -> None:
        """Every document is there with the number of its points, more than any default limit."""
        points = [point(number, document=number // 2) for number in range(100)]
        await store.upsert(points)
        assert await store.documents() == {uuid_of(number): 2 for number in range(50)}


class TestOpen:
    async def test_written_points_are_found_after_a_start(self, store_settings: Settings) -> None:
        """What one process has written, the next one finds."""
        first = await create_vector_store(store_settings, DIMENSIONS)
        await first.upsert(FILTERED)
        await first.close()
        second = await create_vector_store(store_settings, DIMENSIONS)
        await second.ready()
        assert await found(second, SearchFilter(7)) == {uuid_of(1), uuid_of(2), uuid_of(4)}
        await second.close()

    async def test_other_model_is_refused(
        self, store_settings: Settings, store: VectorStore
    ) -> None:
        """Another EMBEDDING_MODEL is refused with what is there and what to do."""
        await store.upsert(FILTERED)
        await store.close()
        other = store_settings.model_copy(update={"EMBEDDING_MODEL": "BAAI/bge-small-en"})
        with pytest.raises(ConfigurationError) as refusal:
            await create_vector_store(other, 12)
        assert str(refusal.value) == (
            "The Qdrant collection demo holds fast-all-minilm-l6-v2 (8 dimensions), bm25-pairs, "
            "but EMBEDDING_MODEL needs fast-bge-small-en (12 dimensions) and bm25-pairs: set "
            "EMBEDDING_MODEL back, or choose another QDRANT_COLLECTION_NAME and run "
            "`brag reindex`."
        )

    async def test_other_collection_is_another_store(
        self, store_settings: Settings, store: VectorStore
    ) -> None:
        """Another QDRANT_COLLECTION_NAME is another store, also for another model."""
        await store.upsert(FILTERED)
        changed = {"EMBEDDING_MODEL": "BAAI/bge-small-en", "QDRANT_COLLECTION_NAME": "other"}
        other = await create_vector_store(store_settings.model_copy(update=changed), 12)
        assert await other.count() == 0
        await other.close()

    async def test_closing_twice_is_harmless(self, store: VectorStore) -> None:
        """Closing a closed store is harmless."""
        await store.close()
        await store.close()


class TestBoth:
    async def test_both_stores_answer_alike(self, tmp_path: Path) -> None:
        """Edge and a server find the same candidates with the same scores."""
        with QdrantDouble(tmp_path) as double:
            both = [
                await create_vector_store(settings, DIMENSIONS)
                for settings in (Settings(DATA_DIR=tmp_path), Settings(QDRANT_URL=double.url))
            ]
            answers = [await answer_of(store, random_points(300)) for store in both]
        assert len(answers[0]) > 20
        np.testing.assert_allclose(answers[0], answers[1], atol=1e-6)


async def answer_of(
    store: VectorStore, points: list[Point]
) -> list[tuple[int, float, float, float]]:
    """What a store with these points answers to one question."""
    await store.upsert(points)
    candidates = await store.query(asked(axis(1, 2), "term17"), EVERYTHING, candidates=20)
    await store.close()
    return [(id.int, cosine, bm25, score) for id, cosine, bm25, score in candidates]
