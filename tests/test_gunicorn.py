"""What `make run` gives gunicorn, by the settings."""

import asyncio
import os
import runpy
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.importer import import_from_string
from uvicorn_worker import UvicornWorker

from app.core.constants import ROOT
from app.core.loop import SharingLoop
from app.core.serving.protocol import HttpProtocol
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def no_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` is found where these tests run."""
    monkeypatch.chdir(tmp_path)


def configuration(monkeypatch: pytest.MonkeyPatch, **settings: str) -> dict[str, Any]:
    """What settings/gunicorn.conf.py holds with these settings."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "settings" / "gunicorn.conf.py"))


class TestConnections:
    """How long a connection that says nothing stays open."""

    def test_connections_outlive_those_of_balancers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A balancer that keeps connections for 60 s closes them first; a setting may differ."""
        assert configuration(monkeypatch)["keepalive"] > 60
        assert configuration(monkeypatch, KEEPALIVE_SEC="7")["keepalive"] == 7


class TestAddress:
    """Where it listens."""

    def test_address_of_version_6_has_brackets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An IPv6 address is told from its port."""
        assert configuration(monkeypatch, HOST="::", PORT="80")["bind"] == "[::]:80"


class TestProtocol:
    """What the processes speak."""

    def test_protocol_is_our_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Clients meet our own protocol, which bounds what they send, and no WebSockets."""
        parts = configuration(monkeypatch)["worker_class"].CONFIG_KWARGS
        assert (import_from_string(parts["http"]), parts["ws"]) == (HttpProtocol, "none")


class TestWorkers:
    """How many processes there are, and which loop they run."""

    def test_one_process_lets_all_clients_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One process has the loop that lets in all clients who wait."""
        found = configuration(monkeypatch, WORKERS="1")
        assert found["workers"] == 1
        assert found["worker_class"].CONFIG_KWARGS["loop"] == "app.core.loop:Loop"

    def test_several_processes_share_a_burst(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Several processes have the loop that lets clients in singly, and so share a burst."""
        found = configuration(monkeypatch, WORKERS="2", QDRANT_URL="http://127.0.0.1:6333")
        assert found["workers"] == 2
        assert found["worker_class"].CONFIG_KWARGS["loop"] == "app.core.loop:SharingLoop"

    def test_several_processes_need_a_qdrant_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Several processes without a Qdrant server end the start with a sentence."""
        with pytest.raises(SystemExit, match="WORKERS is 2, but without QDRANT_URL"):
            configuration(monkeypatch, WORKERS="2")


class TestStart:
    """When it begins to listen."""

    def test_nobody_waits_for_the_first_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Clients are refused until a process is ready, so that a proxy asks another server."""
        when_ready = configuration(monkeypatch)["when_ready"]
        with socket.create_server(("127.0.0.1", 0)) as listening:
            when_ready(SimpleNamespace(LISTENERS=[listening], systemd=False, master_pid=0))
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(listening.getsockname())
            with asyncio.Runner(loop_factory=SharingLoop) as runner:
                runner.run(let_in(listening))

    @pytest.mark.parametrize("shared", [{"systemd": True}, {"master_pid": 1}])
    def test_sockets_of_others_are_left_alone(
        self, monkeypatch: pytest.MonkeyPatch, shared: dict[str, Any]
    ) -> None:
        """Where systemd, or the server that is replaced, has the same sockets, they listen on."""
        when_ready = configuration(monkeypatch)["when_ready"]
        with socket.create_server(("127.0.0.1", 0)) as listening:
            given = {"LISTENERS": [listening], "systemd": False, "master_pid": 0}
            when_ready(SimpleNamespace(**given | shared))
            socket.create_connection(listening.getsockname()).close()


class TestOrphans:
    """Processes whose gunicorn was killed."""

    def test_process_ends_with_gunicorn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A process that has another parent than gunicorn tells itself to end."""
        worker = object.__new__(configuration(monkeypatch)["worker_class"])
        worker.timeout, worker.ppid, worker.notify = 1, os.getpid(), lambda: None
        told: list[int] = []
        before = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
        try:
            asyncio.run(beat_until(worker, lambda: bool(told)))
        finally:
            signal.signal(signal.SIGTERM, before)


async def beat_until(worker: UvicornWorker, condition: Callable[[], bool]) -> None:
    """Has a worker say that it is alive, until the condition holds."""
    await worker.callback_notify()
    await until(condition)


async def let_in(listening: socket.socket) -> None:
    """Lets one client in, as a process does that is ready."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, sock=listening)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.close()
    server.close()


class TestMetrics:
    """Where its processes count."""

    def test_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A server has a folder of its own alone; of a process that has ended totals stay."""
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "that of another server")
        found = configuration(monkeypatch)
        found["on_starting"](None)
        [folder] = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        for name in ("gauge_livesum_7.db", "counter_7.db", "gauge_livesum_8.db"):
            (folder / name).touch()
        found["child_exit"](None, SimpleNamespace(pid=7))
        left = {file.name for file in folder.iterdir()}
        assert left == {"counter_7.db", "gauge_livesum_8.db"}
        found["on_exit"](None)
        assert not folder.exists()
