"""A real nginx, with the lines of docs/nginx.md."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from benchmarks.processes import free_port
from tests.support.pages import blocks, page
from tests.support.waiting import until

PREFIX: Final = "/rag"
ADDRESSES: Final = ("10.0.0.1:8000", "10.0.0.2:8000")
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
    {servers}
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
    server, _ = _lines()
    server = _replaced(server, "127.0.0.1:8000/;", f"127.0.0.1:{port}/; {HTTP11 * is_http11}")
    async with _running(server, folder) as url:
        yield f"{url}{PREFIX}"


@asynccontextmanager
async def nginx_before(ports: Sequence[int], folder: Path) -> AsyncIterator[str]:
    """The address of two servers at these ports, as clients of nginx know it."""
    _, servers = _lines()
    for address, port in zip(ADDRESSES, ports, strict=True):
        servers = _replaced(servers, address, f"127.0.0.1:{port}")
    async with _running(servers, folder) as url:
        yield url


def _lines() -> list[str]:
    """The configurations of docs/nginx.md: for one server, and for two."""
    return blocks(page("nginx"), "nginx")


@asynccontextmanager
async def _running(servers: str, folder: Path) -> AsyncIterator[str]:
    own = free_port()
    servers = _replaced(servers, "listen 80;", f"listen 127.0.0.1:{own};")
    config = folder / "nginx.conf"
    config.write_text(AROUND.format(folder=folder, servers=servers))
    command = (program(), "-p", str(folder), "-c", str(config), "-e", "stderr")
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await until(lambda: process.returncode is not None or _listens(own))
        assert process.returncode is None, "nginx did not start: it has told why."
        yield f"http://127.0.0.1:{own}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
