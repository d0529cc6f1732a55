"""Ports: free, taken, and answering."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from app.embedded import ports
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import LOOPBACK, answers, base_url, free_port


class Unhealthy(http.server.BaseHTTPRequestHandler):
    """A server that is there, but not ready on /loading."""

    def do_GET(self) -> None:
        """Answers by the path."""
        self.send_response(503 if self.path == "/loading" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is not its log."""


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server that is half ready."""
    with http.server.HTTPServer((LOOPBACK, 0), Unhealthy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield base_url(LOOPBACK, server.server_port)
        server.shutdown()
        thread.join()


class TestFreePort:
    def test_any(self) -> None:
        """For 0 it finds one that can be listened on."""
        port = free_port(LOOPBACK)
        with socket.create_server((LOOPBACK, port)):
            pass

    def test_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A port that stays taken is refused with a sentence that names it."""
        monkeypatch.setattr(ports, "PATIENCE_SEC", 0)
        with socket.create_server((LOOPBACK, 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(EmbeddedStartFailed, match=f"Port {port} is in use"):
                free_port(LOOPBACK, port)

    def test_given_back(self) -> None:
        """A port that a killed server's orphan still holds is waited for."""
        taken = socket.create_server((LOOPBACK, 0))
        port = taken.getsockname()[1]
        threading.Timer(0.05, taken.close).start()
        assert free_port(LOOPBACK, port) == port

    def test_no_address_of_ours(self) -> None:
        """An address that this machine does not have is refused with a sentence."""
        with pytest.raises(EmbeddedStartFailed, match=r"Cannot listen on 192\.0\.2\.1"):
            free_port("192.0.2.1")


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("host", "url"),
        [
            ("127.0.0.1", "http://127.0.0.1:80"),
            ("0.0.0.0", "http://127.0.0.1:80"),
            ("::", "http://[::1]:80"),
        ],
    )
    def test_reachable(self, host: str, url: str) -> None:
        """A server that listens everywhere is reached on the loopback interface."""
        assert base_url(host, 80) == url


class TestAnswers:
    def test_ready(self, server: str) -> None:
        """A 200 is an answer."""
        assert answers(f"{server}/ready")

    def test_loading(self, server: str) -> None:
        """A server that says it is not ready does not count."""
        assert not answers(f"{server}/loading")

    def test_nobody(self) -> None:
        """Nor does a port where nobody listens."""
        assert not answers(base_url(LOOPBACK, free_port(LOOPBACK)))
