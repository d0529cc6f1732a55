"""Locks on directories."""

from pathlib import Path

from app.embedded.locks import DirectoryLock


class TestDirectoryLock:
    def test_alone(self, tmp_path: Path) -> None:
        """What one has taken, another cannot take."""
        first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
        assert first.try_take()
        assert not second.try_take()

    def test_released(self, tmp_path: Path) -> None:
        """What was given back can be taken again, and giving back twice does no harm."""
        first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
        first.take()
        first.release()
        first.release()
        assert second.try_take()

    def test_shared(self, tmp_path: Path) -> None:
        """Several share it, and it is free for one alone only when the others are gone."""
        first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
        first.share()
        second.share()
        assert not first.try_take()
        second.release()
        assert first.try_take()

    def test_nothing_left_behind(self, tmp_path: Path) -> None:
        """The directory stays empty: there is no lock file that could be stale."""
        DirectoryLock(tmp_path).take()
        assert list(tmp_path.iterdir()) == []
