"""Connections when the server ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.core.serving.bounds import Bounds
from app.core.serving.protocol import HttpProtocol
from tests.support.server import serve_app
from tests.support.wire import GET, Answer, Echo, connect


class TestEnd:
    @pytest.mark.parametrize("version", ["1.1", "1.0"])
    async def test_first_request_is_answered(self, version: str) -> None:
        """A request on its way when the server ends is answered; then the connection ends."""
        async with _connected_to_ending_server(late_sec=20) as (reader, writer):
            head = GET.replace(b"HTTP/1.1", f"HTTP/{version}".encode())
            writer.write(head + b"Connection: keep-alive\r\n\r\n")
            assert Answer(await reader.read()).status == 200

    async def test_next_request_is_answered(self) -> None:
        """So is one on a connection that was kept: proxies do not repeat a POST that was sent."""
        async with _connected_to_ending_server(late_sec=20, asked=1) as (reader, writer):
            writer.write(GET + b"\r\n")
            answer = Answer(await reader.read())
            assert (answer.status, answer.headers["connection"]) == (200, "close")

    @pytest.mark.parametrize("asked", [0, 1])
    async def test_silent_client_is_not_waited_for(self, asked: int) -> None:
        """A connection without a request holds the end up for a moment only."""
        async with _connected_to_ending_server(late_sec=0.1, asked=asked) as (reader, _):
            assert await reader.read() == b""


@asynccontextmanager
async def _connected_to_ending_server(
    late_sec: float, asked: int = 0
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection without a request under way, of a server that has been told to end."""
    is_connected, is_ending = asyncio.Event(), asyncio.Event()

    class Watched(HttpProtocol):
        bounds = Bounds(late_sec=late_sec)

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            is_connected.set()

        def shutdown(self) -> None:
            super().shutdown()
            is_ending.set()

    server = serve_app(Echo(), protocol=Watched)
    reader, writer = await connect(await server.__aenter__())
    await is_connected.wait()
    for _ in range(asked):
        writer.write(GET + b"\r\n")
        head = Answer(await reader.readuntil(b"\r\n\r\n"))
        await reader.readexactly(int(head.headers["content-length"]))
    ending = asyncio.create_task(server.__aexit__(None, None, None))
    await is_ending.wait()
    yield reader, writer
    writer.close()
    await writer.wait_closed()
    await ending
