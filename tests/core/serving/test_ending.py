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

    async def test_silent_client_is_not_waited_for(self) -> None:
        """A connection without a request holds the end up for a moment only."""
        async with _connected_to_ending_server(late_sec=0.1) as (reader, _):
            assert await reader.read() == b""


@asynccontextmanager
async def _connected_to_ending_server(
    late_sec: float,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection without a request, of a server that has been told to end."""
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
    ending = asyncio.create_task(server.__aexit__(None, None, None))
    await is_ending.wait()
    yield reader, writer
    writer.close()
    await writer.wait_closed()
    await ending
