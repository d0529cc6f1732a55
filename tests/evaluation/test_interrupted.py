"""A measurement that is broken off."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory

import psutil
import pytest

from app.core.constants import ROOT
from tests.support.waiting import until


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose name leaves room for that of a socket, and which Postgres's user may read."""
    with TemporaryDirectory(prefix="brag-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


class TestInterrupted:
    """SIGTERM, while a temporary knowledge base is opened or asked."""

    @pytest.mark.parametrize("moment", ["brag-*", "brag-*/postgres/cluster/postmaster.pid"])
    def test_sigterm_leaves_nothing_behind(self, short_path: Path, moment: str) -> None:
        """SIGTERM leaves neither a folder nor a Postgres, even while that starts."""
        environment = {**os.environ, "TMPDIR": str(short_path)}
        command = [sys.executable, "-m", "evaluation"]
        with Popen(command, cwd=ROOT, env=environment, stdout=PIPE, stderr=PIPE) as measuring:
            asyncio.run(until(lambda: asyncio.to_thread(is_there, short_path, moment), 30))
            measuring.terminate()
            measuring.communicate(timeout=30)
        assert measuring.returncode == 128 + SIGTERM
        assert not is_there(short_path, "brag-*")
        assert not [process for process in psutil.process_iter() if works_in(process, short_path)]


def is_there(folder: Path, pattern: str) -> bool:
    """Whether anything in the folder is named like this."""
    return any(folder.glob(pattern))


def works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether this is the working directory of a process, or was until it was deleted."""
    try:
        return process.cwd().startswith(str(folder))
    except psutil.Error:
        return False
