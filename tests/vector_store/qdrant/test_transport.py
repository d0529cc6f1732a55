"""Requests to Qdrant over connections that were kept, and forgotten."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app.vector_store.qdrant.transport import RepeatingTransport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class ForgetfulServer:
    """A server behind a firewall: a connection carries one request, and the next is reset."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.is_down = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its URL."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_down and await reader.readuntil(b"\r\n\r\n"):
            self.bodies.append(await reader.readexactly(4))
            writer.write(ANSWER)
            await reader.read(1)
        writer.transport.abort()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client such as Qdrant's."""
    async with httpx.AsyncClient(transport=RepeatingTransport()) as client:
        yield client


class TestRepeatingTransport:
    """A request over a connection that breaks."""

    async def test_forgotten_connection_goes_unnoticed(self, client: httpx.AsyncClient) -> None:
        """A request over a kept connection that is reset is sent once more, body and all."""
        server = ForgetfulServer()
        async with server.listening() as url:
            for _ in range(4):
                response = await client.post(url, content=b"body")
                assert (response.status_code, response.content) == (200, b"ok")
        assert server.bodies == [b"body"] * 4

    async def test_server_that_is_down_is_told(self, client: httpx.AsyncClient) -> None:
        """A server that breaks every connection is unavailable, at the second attempt."""
        server = ForgetfulServer()
        server.is_down = True
        async with server.listening() as url:
            with pytest.raises(httpx.TransportError):
                await client.post(url, content=b"body")
