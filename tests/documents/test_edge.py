"""What only the store in the process has: its folder, its crashes, its optimized copies."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from app.core.exceptions import ConfigurationError, RetrievalUnavailable
from app.documents.edge import EdgeVectorStore
from app.documents.ranking import Candidate
from app.documents.store import DenseVector, SearchFilter
from tests.documents.points import DENSE, axis, random_points, uuid_of
from tests.waiting import Stopwatch, until

LARGE = DenseVector("fast-large", 384)  # vectors of a size that the optimizer cares for
ENOUGH = 800


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the collection lies."""
    return tmp_path / "demo"


@asynccontextmanager
async def holder(folder: Path) -> AsyncIterator[asyncio.StreamReader]:
    """Another process that holds the store and tells which points it has written; then killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.documents.holder", str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()


def shards(folder: Path) -> list[Path]:
    """The shards in a folder."""
    return list(folder.glob("shard-*"))


def damage(folder: Path) -> None:
    """Spoils a file of the current shard."""
    for file in folder.glob("current/segments/*/segment.json"):
        file.write_text("damaged")


def optimizing() -> bool:
    """Whether a process of ours has loaded a copy, which takes threads, to optimize it."""
    children = psutil.Process().children()
    return any(
        "edge_optimizer" in str(each.cmdline()) and each.num_threads() > 1 for each in children
    )


class TestFolder:
    async def test_second_process(self, folder: Path) -> None:
        """Beside a process that holds the folder another is refused, and told why."""
        async with holder(folder) as written:
            await written.readline()
            with pytest.raises(ConfigurationError) as refusal:
                await EdgeVectorStore.open(folder, DENSE)
        assert str(refusal.value) == (
            f"Another process holds the vectors in {folder}: stop it, choose another DATA_DIR, or "
            "set QDRANT_URL, since several processes need a Qdrant server."
        )

    async def test_killed(self, folder: Path) -> None:
        """After kill -9 every point is there that was said to be, and the folder is free."""
        async with holder(folder) as written:
            numbers = [int(await written.readline()) for _ in range(5)]
        store = await EdgeVectorStore.open(folder, DENSE)
        assert await store.count() >= numbers[-1]
        assert len(await store.query(axis(1), "", SearchFilter(), candidates=5)) == 5
        await store.close()

    async def test_leftovers(self, folder: Path) -> None:
        """A copy that was being made when the process died is swept away."""
        store = await EdgeVectorStore.open(folder, DENSE)
        await store.close()
        (folder / "shard-unfinished").mkdir()
        store = await EdgeVectorStore.open(folder, DENSE)
        await store.close()
        assert len(shards(folder)) == 1

    async def test_copied(self, folder: Path, tmp_path: Path) -> None:
        """In a copy that has followed the link, the points are there, once."""
        store = await EdgeVectorStore.open(folder, DENSE)
        await store.upsert(random_points(5, DENSE.dimensions))
        await store.close()
        copy = shutil.copytree(folder, tmp_path / "copy")
        store = await EdgeVectorStore.open(copy, DENSE)
        assert await store.count() == 5
        await store.close()
        [shard] = shards(copy)
        (copy / "current").rename(copy / "current.new")  # as a crash would leave it
        store = await EdgeVectorStore.open(copy, DENSE)
        assert await store.count() == 5
        await store.close()
        assert shards(copy) == [shard]

    async def test_refused_then_free(self, folder: Path) -> None:
        """A refused start does not keep the folder."""
        await (await EdgeVectorStore.open(folder, DENSE)).close()
        with pytest.raises(ConfigurationError):
            await EdgeVectorStore.open(folder, LARGE)
        await (await EdgeVectorStore.open(folder, DENSE)).close()

    async def test_unusable(self, tmp_path: Path) -> None:
        """A folder that cannot be made is the fault of DATA_DIR."""
        (tmp_path / "file").touch()
        with pytest.raises(ConfigurationError, match="DATA_DIR cannot be used"):
            await EdgeVectorStore.open(tmp_path / "file" / "demo", DENSE)

    async def test_damaged(self, folder: Path) -> None:
        """Where the engine cannot read its files, the sentence says how to make them anew."""
        await (await EdgeVectorStore.open(folder, DENSE)).close()
        damage(folder)
        with pytest.raises(ConfigurationError, match="delete that folder and run `python -m"):
            await EdgeVectorStore.open(folder, DENSE)


class TestClosed:
    async def test_query(self, folder: Path) -> None:
        """A query that comes after the end is told that there is no retrieval."""
        store = await EdgeVectorStore.open(folder, DENSE)
        await store.close()
        with pytest.raises(RetrievalUnavailable):
            await store.query(axis(1), "", SearchFilter(), candidates=5)


async def answer(store: EdgeVectorStore) -> list[Candidate]:
    """The answer to one question, which the graph finds too if it is there."""
    vector = random_points(1, LARGE.dimensions)[0].dense
    return await store.query(vector, "term17", SearchFilter(), candidates=10)


class TestOptimize:
    async def test_same_answers(self, folder: Path) -> None:
        """After many writes an optimized copy takes the place of the shard, and answers alike."""
        store = await EdgeVectorStore.open(folder, LARGE, optimize_after=ENOUGH)
        await store.upsert(random_points(ENOUGH - 1, LARGE.dimensions))
        [before], expected = shards(folder), await answer(store)
        await store.upsert(random_points(1, LARGE.dimensions))
        await store.optimized()
        assert shards(folder) != [before]
        found = await answer(store)
        assert found[0].cosine == pytest.approx(1)
        assert {each.id for each in found if each.bm25} == {
            each.id for each in expected if each.bm25
        }
        [optimized] = shards(folder)
        await store.upsert(random_points(1, LARGE.dimensions, document=2))
        await store.optimized()
        assert shards(folder) == [optimized]
        await store.close()

    async def test_large(self, folder: Path) -> None:
        """Of a large store, which takes longer, a tenth must be new."""
        store = await EdgeVectorStore.open(folder, DENSE, optimize_after=10)
        await store.upsert(random_points(200, document=1))
        await store.optimized()
        [before] = shards(folder)
        await store.upsert(random_points(20, document=2))
        await store.optimized()
        assert shards(folder) == [before]
        await store.upsert(random_points(10, document=3))
        await store.optimized()
        assert shards(folder) != [before]
        await store.close()

    async def test_writes_meanwhile(self, folder: Path) -> None:
        """What is written and deleted during an optimization is so afterwards and after a start."""
        store = await EdgeVectorStore.open(folder, LARGE, optimize_after=ENOUGH)
        await store.upsert(random_points(ENOUGH, LARGE.dimensions, document=1))
        await until(lambda: len(shards(folder)) == 2)
        await store.upsert(random_points(30, LARGE.dimensions, document=2))
        await store.upsert(random_points(40, LARGE.dimensions, document=3))
        await store.delete(uuid_of(2))
        await store.optimized()
        assert await store.documents() == {uuid_of(1): ENOUGH, uuid_of(3): 40}
        await store.close()
        store = await EdgeVectorStore.open(folder, LARGE)
        assert await store.documents() == {uuid_of(1): ENOUGH, uuid_of(3): 40}
        await store.close()

    async def test_broken_off(self, folder: Path) -> None:
        """Closing the store ends an optimization at once, and the shard stays what it was."""
        store = await EdgeVectorStore.open(folder, LARGE, optimize_after=ENOUGH)
        [before] = shards(folder)
        await store.upsert(random_points(ENOUGH, LARGE.dimensions))
        await until(optimizing)
        await store.close()
        assert not optimizing()
        assert shards(folder) == [before]

    async def test_slow(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However long an optimization takes, no second one begins, and closing ends it."""
        slow = tmp_path / "slow"
        slow.write_text("#!/bin/sh\nexec sleep 20\n")
        slow.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(slow))
        store = await EdgeVectorStore.open(folder, DENSE, optimize_after=10)
        for document in (1, 2, 3):
            await store.upsert(random_points(20, document=document))
        assert len(shards(folder)) == 2
        with Stopwatch() as watch:
            await store.close()
        assert watch.seconds < 10

    async def test_taken_up(self, folder: Path) -> None:
        """An optimization that a stop or a crash has prevented begins at the next start."""
        store = await EdgeVectorStore.open(folder, LARGE)
        [before] = shards(folder)
        await store.upsert(random_points(ENOUGH, LARGE.dimensions))
        await store.close()
        store = await EdgeVectorStore.open(folder, LARGE, optimize_after=ENOUGH)
        await store.optimized()
        assert shards(folder) != [before]
        await store.close()

    async def test_failed(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An optimization that fails is logged, and the store goes on as it is."""
        store = await EdgeVectorStore.open(folder, LARGE, optimize_after=ENOUGH)
        [before] = shards(folder)
        monkeypatch.setattr(sys, "executable", "/bin/false")
        await store.upsert(random_points(ENOUGH, LARGE.dimensions))
        await store.optimized()
        assert "could not be optimized" in caplog.text
        assert shards(folder) == [before]
        assert await store.count() == ENOUGH
        await store.close()
