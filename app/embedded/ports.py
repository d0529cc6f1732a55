"""TCP ports of this machine: which are free, and which answer."""

import errno
import http.client
import socket
import time
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from app.embedded.exceptions import EmbeddedStartFailed

# A server whose launcher was killed ends within two seconds.
PATIENCE_SEC: Final = 3.0
POLL_SEC: Final = 0.05


def free_port(host: str, port: int = 0) -> int:
    """Returns `port` once it can be listened on, for 0 any; raises EmbeddedStartFailed if taken."""
    deadline = time.monotonic() + PATIENCE_SEC
    while True:
        try:
            return _listen_once(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise EmbeddedStartFailed(_sentence(host, port, error)) from error
            time.sleep(POLL_SEC)


def answers(url: str) -> bool:
    """Whether the server behind the URL says 200, asked past any proxy."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=1)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listen_once(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as server:
        chosen: int = server.getsockname()[1]
    return chosen


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program: choose another with --port or PORT."
    return f"Cannot listen on {host} port {port}: {error.strerror}."
