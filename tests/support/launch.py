"""A running `python -m app.embedded`, seen from outside."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil

from app.core.constants import ROOT
from tests.support.cluster import postmaster_file

# Pages that speak of ports: retrieval has to find the one that answers.
SAMPLES: Final = ("README.md", "docs/nginx.md", "docs/questions.md", "docs/run.md")


class Launch:
    """An embedded start that has said where to ask, or another line: everything runs."""

    def __init__(
        self, data_dir: Path, *flags: str, until: str = "Open ", **environment: str
    ) -> None:
        self.data_dir = data_dir
        self._process = start(data_dir, *flags, **environment)
        self.output = self._read_until(until)
        self.url = self._find(r"API: (http://\S+),")

    @property
    def model_url(self) -> str:
        """Where the local model answers."""
        return self._find(r"Local model: \S+ on (http://\S+)/v1")

    def modules(self) -> list[psutil.Process]:
        """The Python parts that run, with whatever they started."""
        return psutil.Process(self._process.pid).children(recursive=True)

    def module(self, name: str) -> psutil.Process:
        """The part that runs a module."""
        return next(module for module in self.modules() if name in module.cmdline())

    def postmaster(self) -> psutil.Process:
        """The Postgres server."""
        return psutil.Process(int(postmaster_file(self.data_dir).read_text().split()[0]))

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal; the exit code."""
        self._process.send_signal(number)
        self._process.communicate(timeout=60)
        return self._process.returncode

    def _read_until(self, beginning: str) -> str:
        assert self._process.stdout
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if line.startswith(beginning):
                break
        return "".join(lines)

    def _find(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found, f"The start said: {self.output}"
        return found.group(1)


def start(data_dir: Path, *flags: str, **environment: str) -> "subprocess.Popen[str]":
    """Runs the command away from the project, where no .env of this machine has a say."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.embedded", "--port=0", f"--data-dir={data_dir}", *flags],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=data_dir.parent,
        stdout=subprocess.PIPE,
        text=True,
    )


def small_checkout(folder: Path) -> Path:
    """A checkout with few sample documents: to embed all of them takes fifteen seconds."""
    (folder / "docs").mkdir(parents=True)
    for name in ("app", "db", "settings", "pyproject.toml", *SAMPLES):
        (folder / name).symlink_to(ROOT / name)
    return folder


def ended(process: psutil.Process) -> bool:
    """Whether it runs no more; where nobody reaps orphans, they stay zombies."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
