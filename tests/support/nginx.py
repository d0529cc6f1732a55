"""A real nginx, with the lines of docs/nginx.md."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from app.core.constants import ROOT
from tests.support.waiting import until

PREFIX: Final = "/rag"
# One process, so that it stays the user who runs the tests; everything that it writes is in its
# folder. Buffering is on, as it is by default, and streams are compressed as well.
AROUND: Final = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr warn;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_types application/json text/event-stream;
    {server}
}}
"""
HTTP11: Final = 'proxy_http_version 1.1; proxy_set_header Connection "";'


def program() -> str:
    """The program, which must be there."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.exit("These tests need nginx: apt-get install nginx-light", returncode=1)
    return found


@asynccontextmanager
async def nginx(port: int, folder: Path, *, is_http11: bool) -> AsyncIterator[str]:
    """The address of the service at this port, as clients of nginx know it."""
    own = _free_port()
    config = folder / "nginx.conf"
    config.write_text(_config(own, port, folder, is_http11=is_http11))
    command = (program(), "-p", str(folder), "-c", str(config), "-e", "stderr")
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await until(lambda: process.returncode is not None or _listens(own))
        assert process.returncode is None, "nginx did not start: it has told why."
        yield f"http://127.0.0.1:{own}{PREFIX}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _config(own: int, port: int, folder: Path, *, is_http11: bool) -> str:
    page = (ROOT / "docs" / "nginx.md").read_text()
    [server] = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    server = _replaced(server, "listen 80;", f"listen 127.0.0.1:{own};")
    server = _replaced(server, "127.0.0.1:8000/;", f"127.0.0.1:{port}/; {HTTP11 * is_http11}")
    return AROUND.format(folder=folder, server=server)


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
