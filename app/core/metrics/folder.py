"""Where the processes of one gunicorn count, so that each can show what all of them have counted.

prometheus-client decides by the variable how it counts as soon as it is imported: gunicorn sets it
before any of its processes imports the application.
"""

import os
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from app.core.locks import DirectoryLock

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


def open_folder() -> None:
    """Makes an empty folder for a server that starts: ours alone, by a name that nobody knows.

    It stays locked until the last process has ended: what tidies /tmp up leaves it alone.
    """
    folder = mkdtemp(prefix="brag-metrics-")
    DirectoryLock(Path(folder)).take()
    os.environ[FOLDER_VARIABLE] = folder


def forget_process(pid: int) -> None:
    """What a process that has ended had under way counts no more; its totals stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def remove_folder() -> None:
    """Removes the folder of a server that ends."""
    shutil.rmtree(os.environ.pop(FOLDER_VARIABLE), ignore_errors=True)
