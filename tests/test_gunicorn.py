"""What `make run` gives gunicorn, by the settings."""

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.importer import import_from_string

from app.core.constants import ROOT
from app.core.serving.protocol import HttpProtocol


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
        assert found["worker_class"].CONFIG_KWARGS["loop"] == "uvloop"

    def test_several_processes_need_a_qdrant_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Several processes without a Qdrant server end the start with a sentence."""
        with pytest.raises(SystemExit, match="WORKERS is 2, but without QDRANT_URL"):
            configuration(monkeypatch, WORKERS="2")


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
