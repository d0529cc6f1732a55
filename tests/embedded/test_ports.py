"""Ports: free, taken, and answering."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from app.core.links import LOOPBACK, base_url
from app.embedded import ports
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import answers, free_port


class Unhealthy(http.server.BaseHTTPRequestHandler):
    """A server that is there, but not ready on /loading."""

    def do_GET(self) -> None:
        """Answers by the path."""
        self.send_response(503 if self.path == "/loading" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is not its log."""


@pytest.fixture
def half_ready_server() -> Iterator[str]:
    """The URL of a server that is half ready."""
    with http.server.HTTPServer((LOOPBACK, 0), Unhealthy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield base_url(LOOPBACK, server.server_port)
        server.shutdown()
        thread.join()


class TestFreePort:
    def test_port_0_becomes_a_free_one(self) -> None:
        """Port 0 becomes a port that can be listened on."""
        port = free_port(LOOPBACK)
        with socket.create_server((LOOPBACK, port)):
            pass

    def test_taken_port_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A port that stays taken is refused with a sentence that names it."""
        monkeypatch.setattr(ports, "PATIENCE_SEC", 0)
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(EmbeddedStartFailed, match=f"Port {port} is in use"):
                free_port(LOOPBACK, port)

    def test_port_of_an_orphan_is_waited_for(self) -> None:
        """A port that a killed server's orphan still holds is waited for."""
        taken = socket.create_server((LOOPBACK, 0))
        port = taken.getsockname()[1]
        threading.Timer(0.05, taken.close).start()
        assert free_port(LOOPBACK, port) == port

    def test_foreign_address_is_refused(self) -> None:
        """An address that this machine does not have is refused with a sentence."""
        with pytest.raises(EmbeddedStartFailed, match=r"Cannot listen on 192\.0\.2\.1"):
            free_port("192.0.2.1")


class TestAnswers:
    def test_ready_server_answers(self, half_ready_server: str) -> None:
        """A server that answers 200 answers."""
        assert answers(f"{half_ready_server}/ready")

    def test_loading_server_does_not_answer(self, half_ready_server: str) -> None:
        """A server that says it is not ready does not answer."""
        assert not answers(f"{half_ready_server}/loading")

    def test_missing_server_does_not_answer(self) -> None:
        """A port at which no server listens does not answer."""
        assert not answers(base_url(LOOPBACK, free_port(LOOPBACK)))
