"""The processes under measurement: started, waited for, metered and ended."""

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path
from time import perf_counter, sleep
from typing import Self

import psutil

from app.core.constants import ROOT

START_TIMEOUT_SEC = 60
POLL_SEC = 0.005


class Server:
    """A Python module as a server on a free loopback port: up inside the `with` block.

    `arguments` may hold `{port}`. Its directory is a scratch one, so it reads no `.env`.
    """

    def __init__(self, arguments: list[str], directory: Path, **environment: str) -> None:
        self.port = free_port()
        module = [argument.format(port=self.port) for argument in arguments]
        self._command = [sys.executable, "-m", *module]
        self._directory = directory
        self._environment = isolated(**environment)

    def __enter__(self) -> Self:
        started = perf_counter()
        with (self._directory / f"{self.port}.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._directory, env=self._environment, stdout=log, stderr=log
            )
        self._await_first_200()
        self.start_sec = perf_counter() - started
        self._meter = psutil.Process(self._process.pid)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def cpu_sec(self) -> float:
        """CPU time of the process so far."""
        times = self._meter.cpu_times()
        return float(times.user + times.system)

    def memory_mb(self) -> float:
        """Resident memory of the process now."""
        return float(self._meter.memory_info().rss) / 2**20

    def open_files(self) -> int:
        """How many files and connections the process holds."""
        return int(self._meter.num_fds())

    def peak_mb(self) -> tuple[float, float]:
        """The most resident memory that the process has had, and that any child of its has had."""
        children = [_peak_mb(child.pid) for child in self._meter.children()]
        return _peak_mb(self._meter.pid), max(children, default=0)

    def _await_first_200(self) -> None:
        deadline = perf_counter() + START_TIMEOUT_SEC
        while not _is_healthy(self.port):
            if self._process.poll() is not None or perf_counter() > deadline:
                log = (self._directory / f"{self.port}.log").read_text()
                self._process.kill()
                raise RuntimeError(f"{self._command} did not start:\n{log[-2000:]}")
            sleep(POLL_SEC)


def isolated(**environment: str) -> dict[str, str]:
    """An environment without the settings of the caller's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **environment}


def free_port() -> int:
    """A loopback port at which no server listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def family_cpu_sec(pid: int) -> float:
    """CPU time of a process and its children, those that have ended included."""
    parent = psutil.Process(pid)
    times = parent.cpu_times()
    ended = times.children_user + times.children_system
    processes = (parent, *parent.children(recursive=True))
    return float(ended + sum(map(_cpu_sec, processes)))


def _cpu_sec(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # it has ended: its parent counts its time
        return 0.0
    return float(times.user + times.system)


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = [line.split()[1] for line in status if line.startswith("VmHWM:")]
    return int(peak) / 2**10


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthcheck")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
