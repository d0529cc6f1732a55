"""What only the store in the process has: its folder, and its crashes."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.core.exceptions import ConfigurationError, RetrievalUnavailable
from app.vector_store.base import DenseVector, SearchFilter
from app.vector_store.edge.store import EdgeVectorStore
from app.vector_store.exceptions import StoreFull
from tests.support.points import DENSE, asked, axis, random_points
from tests.support.stores import shards

OTHER = DenseVector("fast-other", 384)


@asynccontextmanager
async def holder(folder: Path) -> AsyncIterator[asyncio.StreamReader]:
    """Another process that holds the store and tells which points it has written; then killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.store_holder",
        str(folder),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()


def damage(folder: Path) -> None:
    """Spoils a file of the current shard."""
    for file in folder.glob("current/segments/*/segment.json"):
        file.write_text("damaged")


class TestFolder:
    async def test_second_process_is_refused(self, collection: Path) -> None:
        """Beside a process that holds the folder another is refused, and told why."""
        async with holder(collection) as written:
            await written.readline()
            with pytest.raises(ConfigurationError) as refusal:
                await EdgeVectorStore.open(collection, DENSE)
        assert str(refusal.value) == (
            f"Another process holds the vectors in {collection}: stop it, choose another "
            "DATA_DIR, or set QDRANT_URL, since several processes need a Qdrant server."
        )

    async def test_killed_process_loses_no_point(self, collection: Path) -> None:
        """After kill -9 every point is there that was said to be, and the folder is free."""
        async with holder(collection) as written:
            numbers = [int(await written.readline()) for _ in range(5)]
        store = await EdgeVectorStore.open(collection, DENSE)
        assert await store.count() >= numbers[-1]
        assert len(await store.query(asked(axis(1), ""), SearchFilter(), candidates=5)) == 5
        await store.close()

    async def test_leftovers_of_a_crash_are_swept_away(self, collection: Path) -> None:
        """A copy that was being made when the process died is swept away."""
        store = await EdgeVectorStore.open(collection, DENSE)
        await store.close()
        (collection / "shard-unfinished").mkdir()
        store = await EdgeVectorStore.open(collection, DENSE)
        await store.close()
        assert len(shards(collection)) == 1

    async def test_copied_folder_holds_the_points(self, collection: Path, tmp_path: Path) -> None:
        """A copied folder in which the link was followed holds the points, once."""
        store = await EdgeVectorStore.open(collection, DENSE)
        await store.upsert(random_points(5, DENSE.dimensions))
        await store.close()
        copy = shutil.copytree(collection, tmp_path / "copy")
        store = await EdgeVectorStore.open(copy, DENSE)
        assert await store.count() == 5
        await store.close()
        [shard] = shards(copy)
        (copy / "current").rename(copy / "current.new")  # as a crash would leave it
        store = await EdgeVectorStore.open(copy, DENSE)
        assert await store.count() == 5
        await store.close()
        assert shards(copy) == [shard]

    async def test_refused_start_frees_the_folder(self, collection: Path) -> None:
        """A refused start does not keep the folder."""
        await (await EdgeVectorStore.open(collection, DENSE)).close()
        with pytest.raises(ConfigurationError):
            await EdgeVectorStore.open(collection, OTHER)
        await (await EdgeVectorStore.open(collection, DENSE)).close()

    async def test_unusable_folder_is_the_fault_of_data_dir(self, tmp_path: Path) -> None:
        """A folder that cannot be made is the fault of DATA_DIR."""
        (tmp_path / "file").touch()
        with pytest.raises(ConfigurationError, match="DATA_DIR cannot be used"):
            await EdgeVectorStore.open(tmp_path / "file" / "demo", DENSE)

    async def test_damaged_files_stop_the_start(self, collection: Path) -> None:
        """Files that the engine cannot read stop the start; a sentence says how to renew them."""
        await (await EdgeVectorStore.open(collection, DENSE)).close()
        damage(collection)
        with pytest.raises(ConfigurationError, match="delete that folder and run `brag re"):
            await EdgeVectorStore.open(collection, DENSE)


class TestClosed:
    async def test_closed_store_is_unavailable(self, collection: Path) -> None:
        """A query after the store is closed finds retrieval unavailable."""
        store = await EdgeVectorStore.open(collection, DENSE)
        await store.close()
        with pytest.raises(RetrievalUnavailable):
            await store.query(asked(axis(1), ""), SearchFilter(), candidates=5)


class TestFullDisk:
    async def test_nothing_is_written(
        self, collection: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without room no points are taken, and no copy is made; searches and deletions go on."""
        store = await EdgeVectorStore.open(collection, DENSE, optimize_after=10)
        with monkeypatch.context() as patch:
            patch.setattr("app.vector_store.edge.folder._size", lambda _: 2**62)
            await store.upsert(random_points(20))
            await store.optimized()
            patch.setattr("app.vector_store.edge.folder.LEAST_FREE_BYTES", 2**62)
            with pytest.raises(StoreFull, match="make room"):
                await store.upsert(random_points(20, document=2))
            assert len(shards(collection)) == 1
            assert await store.query(asked(axis(1), "word1"), SearchFilter(), candidates=5)
            [document] = await store.documents()
            await store.delete(document)
        await store.upsert(random_points(20))
        assert await store.count() == 20
        await store.close()
