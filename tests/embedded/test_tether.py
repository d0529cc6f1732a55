"""The tether: what a launcher starts ends with it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from app.core.links import LOOPBACK, base_url
from app.embedded.ports import answers, free_port
from app.embedded.tether import EXIT_CODE

Process = subprocess.Popen[bytes]


@pytest.fixture
def tether() -> Iterator[Callable[..., Process]]:
    """Starts a module on a tether."""
    with ExitStack() as stack:

        def start(*arguments: str) -> Process:
            command = [sys.executable, "-m", "app.embedded.tether", *arguments]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def tethered_server(tether: Callable[..., Process]) -> Process:
    """A server on a tether, which answers."""
    port = free_port(LOOPBACK)
    process = tether("http.server", str(port), "--bind", LOOPBACK)
    while not answers(f"{base_url(LOOPBACK, port)}/"):
        assert process.poll() is None
    return process


def cut(process: Process) -> None:
    """What the kernel does to the tether when the launcher is killed."""
    assert process.stdin
    process.stdin.close()


class TestTether:
    def test_killed_launcher_ends_what_it_started(self, tethered_server: Process) -> None:
        """When a launcher is killed, what it started ends."""
        cut(tethered_server)
        assert tethered_server.wait(10) == EXIT_CODE

    def test_sigterm_ends_in_order(self, tethered_server: Process) -> None:
        """A tethered process that gets SIGTERM ends in order: its exit handlers run."""
        tethered_server.terminate()
        assert tethered_server.wait(10) == EXIT_CODE

    def test_stubborn_process_is_killed(self, tether: Callable[..., Process]) -> None:
        """A tethered process that does not end in time is killed."""
        process = tether("tests.support.stubborn")
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        cut(process)
        assert process.wait(10) == -signal.SIGKILL
