"""Requests as bytes on a socket, and a small application that answers them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from app.core.logs import request_id
from app.core.middlewares.requests import InternalErrors, RequestContext

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
CLOSE = b"Connection: close\r\n"
PATIENCE_SEC = 20


class Echo(Starlette):
    """`/echo` says what it was sent, `/stream` answers in two pieces, `/endless` goes on."""

    def __init__(self) -> None:
        super().__init__(
            routes=[
                Route("/echo", self._echo, methods=["GET", "POST"]),
                Route("/stream", self._stream),
                Route("/endless", self._endless),
            ]
        )
        self.add_middleware(InternalErrors)
        self.add_middleware(RequestContext)
        self.ids: list[str | None] = []  # of the requests to `/echo`
        self.left = asyncio.Event()  # set when an endless answer has ended

    async def _echo(self, request: Request) -> JSONResponse:
        self.ids.append(request_id.get())
        body = (await request.body()).decode()
        return JSONResponse({"body": body, "headers": request.headers.keys()})

    async def _stream(self, _: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one "
            yield b"two"

        return StreamingResponse(pieces())

    async def _endless(self, _: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield bytes(2**16)
                    await asyncio.sleep(0)
            finally:
                self.left.set()

        return StreamingResponse(pieces())


class Answer:
    """One response, or the first of several: its status, headers and all that follows."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines)

    @property
    def problem(self) -> dict[str, Any]:
        """The problem (RFC 9457) that it is, on a connection that closes after it."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["connection"] == "close"
        assert int(self.headers["content-length"]) == len(self.body)
        problem: dict[str, Any] = orjson.loads(self.body)
        assert problem["status"] == self.status
        assert problem["request_id"] == self.headers["x-request-id"]
        return problem


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the server of a URL."""
    address = urlsplit(url)
    return await asyncio.open_connection(address.hostname, address.port)


async def send(url: str, data: bytes) -> bytes:
    """All that the server says to these bytes, until it closes the connection."""
    async with asyncio.timeout(PATIENCE_SEC):
        reader, writer = await connect(url)
        try:
            writer.write(data)
            with suppress(ConnectionError):
                await writer.drain()
            return await reader.read()
        finally:
            writer.close()


async def ask(url: str, data: bytes) -> Answer:
    """The answer to these bytes."""
    return Answer(await send(url, data))
