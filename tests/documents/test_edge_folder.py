"""The folder of a collection: what is on the disk when a write has returned."""

import os
import shutil
from pathlib import Path

import pytest

from app.documents.edge import EdgeVectorStore
from app.documents.edge_folder import EdgeFolder
from tests.documents.points import DENSE, random_points, uuid_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the collection lies."""
    return tmp_path / "demo"


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

    async def test_writes(self, folder: Path, synced: list[int]) -> None:
        """The log of what is written and of what is deleted is there."""
        store = await EdgeVectorStore.open(folder, DENSE)
        wal = folder / "current" / "wal"
        log = {each.stat().st_ino for each in (wal, *wal.glob("open-*"))}
        assert len(log) > 1
        synced.clear()
        await store.upsert(random_points(1))
        assert log <= set(synced)
        synced.clear()
        await store.delete(uuid_of(1))
        assert log <= set(synced)
        await store.close()

    def test_replaced(self, folder: Path, synced: list[int]) -> None:
        """So is the name of the shard that counts from now on."""
        (folder / "shard-1").mkdir(parents=True)
        EdgeFolder(folder).make_current(folder / "shard-1")
        assert synced == [folder.stat().st_ino]


class TestGrowingLog:
    @pytest.fixture
    def log(self, tmp_path: Path) -> Path:
        """The log of a shard, whose next file is being made."""
        log = tmp_path / "demo" / "shard-1" / "wal"
        log.mkdir(parents=True)
        (log / "open-1").write_bytes(b"a record")
        (log / "tmp-open-2").touch()
        EdgeFolder(tmp_path / "demo").make_current(log.parent)
        return log

    def test_sync(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def test_copy(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor does it fail an optimization."""
        real = shutil.copy2

        def renamed_before(source: str, target: str) -> None:
            if source.endswith("tmp-open-2"):
                Path(source).rename(log / "open-2")
            real(source, target)

        monkeypatch.setattr(shutil, "copy2", renamed_before)
        copy = EdgeFolder(log.parent.parent).copy_shard()
        assert [each.name for each in (copy / "wal").iterdir()] == ["open-1"]
