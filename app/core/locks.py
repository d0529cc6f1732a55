"""Locks on directories: no lock file is left behind, and the kernel drops them with the process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DirectoryLock:
    """An advisory flock(2) on a directory, held until `release()` or the end of the process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    def share(self) -> None:
        """Joins the holders of the lock; waits while another process has it alone."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def take(self) -> None:
        """Takes the lock alone; waits until it is free."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Takes the lock alone if no other process holds it; says whether that worked."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Gives the lock back; nothing happens where it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._directory, os.O_RDONLY)
        return self._descriptor


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Runs the block while no other process or thread is inside one for this directory."""
    lock = DirectoryLock(directory)
    lock.take()
    try:
        yield
    finally:
        lock.release()
