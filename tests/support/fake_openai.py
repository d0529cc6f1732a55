"""The model behind the wire: an OpenAI API on loopback that answers what a test has queued.

async with FakeOpenAI() as fake:
    fake.reply(text("Hel", "lo"))                    # a stream or JSON, as the request asks
    fake.reply(stream("Hel", released, "lo"))        # hangs until the test sets this event
    fake.reply(stream("Hel", b'data: {"id":', CUT))  # the connection breaks inside a chunk
    fake.reply(error(429, retry_after=3), times=3)   # once for each retry of the client
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Iterator
from typing import Self, cast

import orjson

from tests.support.openai_replies import CUT, Reply, Request, Step, echo, error


def refusing_url() -> str:
    """A base URL at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/v1"


class FakeOpenAI:
    """POST /v1/chat/completions of the OpenAI API, in the running loop, on a free port.

    `requests` is the history; a request for which no reply is queued is echoed.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._arrived: asyncio.Queue[Request] = asyncio.Queue()
        self._replies: deque[Reply] = deque()
        self._connections: list[_Connection] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in self._connections:
            await connection.abort()
        await self._server.wait_closed()

    def reply(self, *replies: Reply, times: int = 1) -> None:
        """Queues what the next calls get, in this order."""
        self._replies.extend(replies * times)

    def forget(self) -> None:
        """What comes on a connection that is there is answered by a reset, as firewalls do."""
        for connection in self._connections:
            connection.is_forgotten = True

    async def arrival(self) -> Request:
        """The oldest request not yet fetched this way, as soon as it is there."""
        return await self._arrived.get()

    def answer(self, request: Request) -> Iterator[Step]:
        """Records the request; gives the reply whose turn it is."""
        self.requests.append(request)
        self._arrived.put_nowait(request)
        if request.path != "/v1/chat/completions":
            return error(404)(request)
        if not request.body.keys() >= {"model", "messages"}:
            return error(400, code="missing_required_parameter")(request)
        reply = self._replies.popleft() if self._replies else echo
        return reply(request)

    def _connect(self) -> "_Connection":
        self._connections.append(_Connection(self))
        return self._connections[-1]


class _Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection: a request, its reply, the next request."""

    def __init__(self, fake: FakeOpenAI) -> None:
        self._fake = fake
        self.is_forgotten = False
        self._received = b""
        self._replying: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _: Exception | None) -> None:
        if self._replying:
            self._replying.cancel()
        self._lost.set()

    async def abort(self) -> None:
        """Closes the connection, whatever it was in the middle of."""
        self._transport.abort()
        await self._lost.wait()

    def data_received(self, data: bytes) -> None:
        if self.is_forgotten:
            connection = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
            return
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        path, headers = _parse(head.decode("latin-1"))
        length = int(headers.get("content-length", 0))
        if separator and len(rest) >= length:
            self._received = rest[length:]
            content = orjson.loads(rest[:length] or b"{}")
            steps = self._fake.answer(Request(path, headers, content, self._lost))
            self._replying = asyncio.create_task(self._write(steps))

    async def _write(self, steps: Iterator[Step]) -> None:
        for step in steps:
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif step is CUT:
                self._transport.close()
                return
            else:
                self._transport.write(step)
                await asyncio.sleep(0)  # lets a reader in this loop see this write by itself


def _parse(head: str) -> tuple[str, dict[str, str]]:
    request_line, *lines = head.split("\r\n")
    fields = (line.partition(":") for line in lines)
    _, _, target = request_line.partition(" ")
    return target.split(" ")[0], {name.lower(): value.strip() for name, _, value in fields}
