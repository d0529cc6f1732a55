"""Locks on directories."""

from pathlib import Path

from app.core.locks import DirectoryLock


class TestDirectoryLock:
    def test_taken_lock_cannot_be_taken(self, tmp_path: Path) -> None:
        """A directory that one lock has taken, another cannot take."""
        first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
        assert first.try_take()
        assert not second.try_take()

    def test_released_lock_can_be_taken(self, tmp_path: Path) -> None:
        """A lock that was given back can be taken, and giving back twice does no harm."""
        first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
        first.take()
        first.release()
        first.release()
        assert second.try_take()

    def test_shared_lock_is_free_when_all_are_gone(self, tmp_path: Path) -> None:
        """Several share a lock, and one alone can take it only when the others are gone."""
        first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
        first.share()
        second.share()
        assert not first.try_take()
        second.release()
        assert first.try_take()

    def test_lock_leaves_no_file(self, tmp_path: Path) -> None:
        """A lock leaves its directory empty: no lock file can become stale."""
        DirectoryLock(tmp_path).take()
        assert list(tmp_path.iterdir()) == []
