"""The event loop that a server runs on."""

import asyncio
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from app.core.loop import ACCEPTED_AT_ONCE, Loop

CLIENTS = 200
TOO_MANY = 1_000  # turns


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    """Clients that are to connect in the same moment."""
    several = [socket.socket() for _ in range(CLIENTS)]
    yield several
    for each in several:
        each.close()


class TestLoop:
    """A server whose loop has other work to do in each of its turns."""

    def test_many_clients(self, clients: list[socket.socket]) -> None:
        """It lets several of those who wait in with each turn, and serves every one of them."""
        with asyncio.Runner(loop_factory=Loop) as runner:
            turns = runner.run(serve(clients))
        assert turns <= CLIENTS / ACCEPTED_AT_ONCE + 10

    def test_closed_server(self, clients: list[socket.socket]) -> None:
        """It listens no more once it is closed."""
        with asyncio.Runner(loop_factory=Loop) as runner:
            address = runner.run(serve_and_close())
            with pytest.raises(ConnectionRefusedError):
                clients[0].connect(address)


class Greeter(asyncio.Protocol):
    """Says hello."""

    greeted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says it."""
        Greeter.greeted += 1
        cast(asyncio.Transport, transport).write(b"Hello")


async def serve(clients: list[socket.socket]) -> int:
    """How many turns of the loop it takes to greet clients who have all come in the same one."""
    Greeter.greeted = turns = 0
    loop = asyncio.get_running_loop()
    async with await loop.create_server(Greeter, "127.0.0.1", 0, backlog=CLIENTS) as server:
        for each in clients:
            each.settimeout(0)
            each.connect_ex(server.sockets[0].getsockname())
        while Greeter.greeted < len(clients) and turns < TOO_MANY:
            await asyncio.sleep(0)
            turns += 1
        for each in clients:
            assert await asyncio.wait_for(loop.sock_recv(each, 5), 5) == b"Hello"
            each.close()  # the server waits for that
    return turns


async def serve_and_close() -> tuple[str, int]:
    """Where a server was."""
    loop = asyncio.get_running_loop()
    async with await loop.create_server(Greeter, "127.0.0.1", 0) as server:
        address: tuple[str, int] = server.sockets[0].getsockname()
    return address
