"""What the parser process may do, which is little."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.constants import ROOT

# Tries what a document that took the process over would try, and says what worked.
TRIES = """
import os, socket, sys
from pathlib import Path
from app.documents.ingestion.confinement import confine

parent, place, port = os.getppid(), Path(sys.argv[1]), int(sys.argv[2])
confine()

def connect():
    socket.create_connection(("127.0.0.1", port), timeout=1).close()

def fork():
    os.fork() or os._exit(0)

tries = {
    "network": connect,
    "settings": (place / ".env").read_bytes,
    "environment": Path(f"/proc/{parent}/environ").read_bytes,
    "writing": lambda: (place / "written").write_text("x"),
    "signals": lambda: os.kill(parent, 0),
    "processes": fork,
}
for name, attempt in tries.items():
    try:
        attempt()
    except OSError:
        continue
    print(name)
import csv, email, lxml.etree, pypdf, pypdfium2  # what documents need is still found
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has namespaces and Landlock")
def test_confined(tmp_path: Path) -> None:
    """The process reaches no network, no secret, no other process, and writes nothing.

    A machine may refuse some of it: then the others still hold.
    """
    (tmp_path / ".env").write_text("SECRET_KEY=secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", TRIES, str(tmp_path), str(server.getsockname()[1])]
        tried = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    worked = set(tried.stdout.split())
    assert "writing" not in worked
    if os.geteuid() == 0:  # whose processes Linux does not bound
        worked.discard("processes")
    if worked:
        pytest.skip(f"This machine does not let a process give up: {', '.join(sorted(worked))}")
