"""The folder of a collection in Qdrant Edge: who holds it, and which of its shards counts."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from app.core.exceptions import ConfigurationError
from app.core.folders import make_private
from app.core.locks import DirectoryLock
from app.vector_store.exceptions import StoreFull, StoreHeld

CURRENT: Final = "current"
NEXT: Final = "current.new"
CONFIG: Final = "edge_config.json"
UUID_FILE: Final = "index_uuid"
LEAST_FREE_BYTES: Final = 128 * 2**20  # the next files of its log are 32 MiB each


class EdgeFolder:
    """A folder of shards, of which the link `current` names the one that counts.

    Any other is a copy that was being made when the process died, and is deleted by `sweep()`.
    """

    def __init__(self, path: Path) -> None:
        self._given = path
        self.path = path.resolve()
        self._lock = DirectoryLock(self.path)

    @property
    def current(self) -> Path | None:
        """The shard that counts, if there is one yet."""
        link = self.path / CURRENT
        return self.path / link.readlink() if link.is_symlink() else None

    def read_config(self) -> dict[str, Any]:
        """The configuration of the current shard, as Edge keeps it."""
        config: dict[str, Any] = json.loads((self.path / CURRENT / CONFIG).read_bytes())
        return config

    def read_uuid(self) -> UUID:
        """Which index this is; the first holder of the folder draws it."""
        file = self.path / UUID_FILE
        if not file.exists():
            draft = file.with_suffix(".new")
            draft.write_text(str(uuid4()))
            _sync(draft)
            draft.replace(file)
            _sync(self.path)
        return UUID(file.read_text())

    def lock(self) -> None:
        """Takes the folder for this process; the kernel gives it back when the process ends."""
        try:
            make_private(self._given)
            is_taken = self._lock.try_take()
        except OSError as error:
            raise ConfigurationError(f"DATA_DIR cannot be used: {error}.") from error
        if not is_taken:
            self.release()
            raise StoreHeld(
                f"Another process holds the vectors in {self.path}: stop it, choose another "
                "DATA_DIR, or set QDRANT_URL, since several processes need a Qdrant server."
            )

    def require_space(self, more: int = 0) -> None:
        """StoreFull where less than LEAST_FREE_BYTES would be left beside so many more.

        The engine writes to files that it has mapped: a disk that fills up kills the process.
        """
        if shutil.disk_usage(self.path).free < LEAST_FREE_BYTES + more:
            raise StoreFull

    def release(self) -> None:
        """Gives the folder back; nothing happens where it is not held."""
        self._lock.release()

    def new_shard(self) -> Path:
        """A path for another shard, which does not count yet."""
        return self.path / f"shard-{uuid4().hex}"

    def copy_shard(self) -> Path:
        """Copies the current shard, to which nothing may be written meanwhile."""
        self.require_space(_size(self.path / CURRENT))
        copy = self.new_shard()
        shutil.copytree(self.path / CURRENT, copy, copy_function=_copy)
        return copy

    def make_current(self, shard: Path) -> None:
        """Lets another shard count, at once and for good."""
        self._link(shard).replace(self.path / CURRENT)
        _sync(self.path)

    def sync_log(self) -> None:
        """Brings the write-ahead log to the disk, so that a power cut loses nothing."""
        log = self.path / CURRENT / "wal"
        for file in (*log.iterdir(), log):
            with suppress(FileNotFoundError):
                _sync(file)

    def restore_link(self) -> None:
        """Puts the link back where a copy of the folder has the current shard itself.

        Another call ends what a crash breaks off: the new link is there before the shard moves.
        """
        current, link = self.path / CURRENT, self.path / NEXT
        if current.is_dir() and not current.is_symlink():
            shard = self.new_shard()
            self._link(shard)
            current.rename(shard)
        if link.exists() and not current.exists():
            link.replace(current)
            _sync(self.path)

    def sweep(self) -> None:
        """Deletes every shard that does not count."""
        for shard in self.path.glob("shard-*"):
            if shard != self.current:
                shutil.rmtree(shard, ignore_errors=True)

    def _link(self, shard: Path) -> Path:
        link = self.path / NEXT
        link.unlink(missing_ok=True)
        link.symlink_to(shard.name)
        return link


# The engine makes the next file of its log beforehand, in a thread of its own, and then renames it:
# what vanishes under our eyes is empty.
def _copy(source: str, target: str) -> None:
    with suppress(FileNotFoundError):
        shutil.copy2(source, target)


def _size(folder: Path) -> int:
    size = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += file.stat().st_size
    return size


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
