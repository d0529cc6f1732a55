"""Where the tests put their files."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 (each folder in it has a name of its own)
ENOUGH_BYTES: Final = 4 * 2**30


def prefer_memory() -> None:
    """Temporary folders are in memory where there is room: to copy a database takes a fifth there.

    Not where TMPDIR says something else.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir():
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES:
        tempfile.tempdir = str(MEMORY)
