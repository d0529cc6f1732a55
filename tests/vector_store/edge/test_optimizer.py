"""The optimized copies by which a collection in the process replaces itself."""

import sys
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from app.vector_store.base import Candidate, DenseVector, SearchFilter
from app.vector_store.edge import optimizer
from app.vector_store.edge.store import EdgeVectorStore
from tests.support.points import DENSE, asked, random_points, uuid_of
from tests.support.stores import shards
from tests.support.waiting import Stopwatch, until

LARGE = DenseVector("fast-large", 384)  # vectors of a size that the optimizer cares for
ENOUGH = 800
OPTIMIZER = str(optimizer.__file__)


def optimizing() -> bool:
    """Whether a process of ours has loaded a copy, which takes threads, to optimize it."""
    return any(
        OPTIMIZER in child.cmdline() and child.num_threads() > 1
        for child in psutil.Process().children()
    )


def by_words(candidates: list[Candidate]) -> set[UUID]:
    """Those that BM25 has found."""
    return {candidate.id for candidate in candidates if candidate.bm25}


async def answer(store: EdgeVectorStore) -> list[Candidate]:
    """The answer to one question, which the graph finds too if it is there."""
    vector = random_points(1, LARGE.dimensions)[0].dense
    return await store.query(asked(vector, "term17"), SearchFilter(), candidates=10)


class TestOptimize:
    async def test_optimized_copy_answers_alike(self, collection: Path) -> None:
        """After many writes an optimized copy takes the place of the shard, and answers alike."""
        store = await EdgeVectorStore.open(collection, LARGE, optimize_after=ENOUGH)
        await store.upsert(random_points(ENOUGH - 1, LARGE.dimensions))
        [before], expected = shards(collection), await answer(store)
        await store.upsert(random_points(1, LARGE.dimensions))
        await store.optimized()
        assert shards(collection) != [before]
        found = await answer(store)
        assert found[0].cosine == pytest.approx(1)
        assert by_words(found) == by_words(expected)
        [optimized] = shards(collection)
        await store.upsert(random_points(1, LARGE.dimensions, document=2))
        await store.optimized()
        assert shards(collection) == [optimized]
        await store.close()

    async def test_large_store_waits_for_a_tenth(self, collection: Path) -> None:
        """A large store, which takes longer, is optimized when a tenth of it is new."""
        store = await EdgeVectorStore.open(collection, DENSE, optimize_after=10)
        await store.upsert(random_points(200, document=1))
        await store.optimized()
        [before] = shards(collection)
        await store.upsert(random_points(20, document=2))
        await store.optimized()
        assert shards(collection) == [before]
        await store.upsert(random_points(10, document=3))
        await store.optimized()
        assert shards(collection) != [before]
        await store.close()

    async def test_writes_meanwhile_are_kept(self, collection: Path) -> None:
        """Writes and deletions during an optimization hold after it, and after the next start."""
        store = await EdgeVectorStore.open(collection, LARGE, optimize_after=ENOUGH)
        await store.upsert(random_points(ENOUGH, LARGE.dimensions, document=1))
        await until(lambda: len(shards(collection)) == 2)
        await store.upsert(random_points(30, LARGE.dimensions, document=2))
        await store.upsert(random_points(40, LARGE.dimensions, document=3))
        await store.delete(uuid_of(2))
        await store.optimized()
        assert await store.documents() == {uuid_of(1): ENOUGH, uuid_of(3): 40}
        await store.close()
        store = await EdgeVectorStore.open(collection, LARGE)
        assert await store.documents() == {uuid_of(1): ENOUGH, uuid_of(3): 40}
        await store.close()

    async def test_closing_breaks_off_an_optimization(self, collection: Path) -> None:
        """Closing the store ends an optimization at once, and the shard stays what it was."""
        store = await EdgeVectorStore.open(collection, LARGE, optimize_after=ENOUGH)
        [before] = shards(collection)
        await store.upsert(random_points(ENOUGH, LARGE.dimensions))
        await until(optimizing)
        await store.close()
        assert not optimizing()
        assert shards(collection) == [before]

    async def test_slow_optimization_stays_the_only_one(
        self, collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However long an optimization takes, no second one begins, and closing ends it."""
        slow = tmp_path / "slow"
        slow.write_text("#!/bin/sh\nexec sleep 20\n")
        slow.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(slow))
        store = await EdgeVectorStore.open(collection, DENSE, optimize_after=10)
        for document in (1, 2, 3):
            await store.upsert(random_points(20, document=document))
        assert len(shards(collection)) == 2
        with Stopwatch() as watch:
            await store.close()
        assert watch.seconds < 10

    async def test_missed_optimization_begins_at_the_next_start(self, collection: Path) -> None:
        """An optimization that a stop or a crash has prevented begins at the next start."""
        store = await EdgeVectorStore.open(collection, LARGE)
        [before] = shards(collection)
        await store.upsert(random_points(ENOUGH, LARGE.dimensions))
        await store.close()
        store = await EdgeVectorStore.open(collection, LARGE, optimize_after=ENOUGH)
        await store.optimized()
        assert shards(collection) != [before]
        await store.close()

    async def test_failed_optimization_is_logged(
        self, collection: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An optimization that fails is logged, and the store goes on as it is."""
        store = await EdgeVectorStore.open(collection, LARGE, optimize_after=ENOUGH)
        [before] = shards(collection)
        monkeypatch.setattr(sys, "executable", "/bin/false")
        await store.upsert(random_points(ENOUGH, LARGE.dimensions))
        await store.optimized()
        assert "could not be optimized" in caplog.text
        assert shards(collection) == [before]
        assert await store.count() == ENOUGH
        await store.close()
