"""The folder of a collection: what is on the disk when a write has returned."""

import os
import shutil
from pathlib import Path

import pytest

from app.vector_store.edge.folder import EdgeFolder
from app.vector_store.edge.store import EdgeVectorStore
from tests.support.points import DENSE, random_points, uuid_of


class TestPowerCut:
    """What is on the disk when a write is said to be done."""

    @pytest.fixture
    def synced(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The inodes of the files that are brought to the disk."""
        real, synced = os.fsync, list[int]()

        def sync(descriptor: int) -> None:
            real(descriptor)
            synced.append(os.fstat(descriptor).st_ino)

        monkeypatch.setattr(os, "fsync", sync)
        return synced

    async def test_writes_and_deletions_are_on_the_disk(
        self, collection: Path, synced: list[int]
    ) -> None:
        """When a write or a deletion returns, the log of it has been brought to the disk."""
        store = await EdgeVectorStore.open(collection, DENSE)
        wal = collection / "current" / "wal"
        log = {file.stat().st_ino for file in (wal, *wal.glob("open-*"))}
        assert len(log) > 1
        synced.clear()
        await store.upsert(random_points(1))
        assert log <= set(synced)
        synced.clear()
        await store.delete(uuid_of(1))
        assert log <= set(synced)
        await store.close()

    def test_name_of_the_new_shard_is_on_the_disk(
        self, collection: Path, synced: list[int]
    ) -> None:
        """When another shard counts, its name has been brought to the disk."""
        (collection / "shard-1").mkdir(parents=True)
        EdgeFolder(collection).make_current(collection / "shard-1")
        assert synced == [collection.stat().st_ino]


class TestGrowingLog:
    """The log, of which the engine makes the next file beforehand and then renames it."""

    @pytest.fixture
    def log(self, tmp_path: Path) -> Path:
        """The log of a shard, whose next file is being made."""
        log = tmp_path / "demo" / "shard-1" / "wal"
        log.mkdir(parents=True)
        (log / "open-1").write_bytes(b"a record")
        (log / "tmp-open-2").touch()
        EdgeFolder(tmp_path / "demo").make_current(log.parent)
        return log

    def test_renamed_file_fails_no_write(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that the engine renames meanwhile fails no write."""
        real, opened = os.open, []

        def renamed_before(path: Path, flags: int) -> int:
            if path.name == "tmp-open-2":
                path.rename(log / "open-2")
            opened.append(path.name)
            return real(path, flags)

        monkeypatch.setattr(os, "open", renamed_before)
        EdgeFolder(log.parent.parent).sync_log()
        assert {"open-1", "tmp-open-2", "wal"} == set(opened)

    def test_renamed_file_fails_no_copy(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that the engine renames meanwhile fails no copy for an optimization."""
        real = shutil.copy2

        def renamed_before(source: str, target: str) -> None:
            if source.endswith("tmp-open-2"):
                Path(source).rename(log / "open-2")
            real(source, target)

        monkeypatch.setattr(shutil, "copy2", renamed_before)
        copy = EdgeFolder(log.parent.parent).copy_shard()
        assert [file.name for file in (copy / "wal").iterdir()] == ["open-1"]
