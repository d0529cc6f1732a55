"""The event loop that a server runs on."""

import asyncio
import socket
from collections.abc import Iterator
from typing import ClassVar, cast

import pytest

from app.core.loop import ACCEPTED_AT_ONCE, Loop

CLIENTS = 200
TOO_MANY = 1_000  # turns


@pytest.fixture
def clients() -> Iterator[list[socket.socket]]:
    """Clients that are to connect in the same moment."""
    several = [socket.socket() for _ in range(CLIENTS)]
    yield several
    for client in several:
        client.close()


class TestLoop:
    """A server whose loop has other work to do in each of its turns."""

    def test_many_clients_are_let_in_with_every_turn(self, clients: list[socket.socket]) -> None:
        """A server lets several clients in with every turn of its loop, and serves them all."""
        with asyncio.Runner(loop_factory=Loop) as runner:
            turns = runner.run(serve(clients))
        assert turns <= CLIENTS / ACCEPTED_AT_ONCE + 10

    def test_closing_server_keeps_no_client(self, clients: list[socket.socket]) -> None:
        """A server that closes keeps no client but one, whom libuv itself lets in."""
        with asyncio.Runner(loop_factory=Loop) as runner:
            address, kept = runner.run(serve_and_close(clients))
        assert kept <= 1
        with pytest.raises(ConnectionRefusedError), socket.socket() as late:
            late.connect(address)


class Greeter(asyncio.Protocol):
    """Says hello."""

    greeted: ClassVar[list[asyncio.Transport]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says it."""
        client = cast(asyncio.Transport, transport)
        client.write(b"Hello")
        self.greeted.append(client)


async def listen(clients: list[socket.socket]) -> asyncio.Server:
    """A server to which these clients have come in the same turn of the loop."""
    Greeter.greeted.clear()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Greeter, "127.0.0.1", 0, backlog=CLIENTS)
    for client in clients:
        client.settimeout(0)
        client.connect_ex(server.sockets[0].getsockname())
    return server


async def serve(clients: list[socket.socket]) -> int:
    """How many turns of the loop it takes to greet them all."""
    turns = 0
    async with await listen(clients):
        while len(Greeter.greeted) < len(clients) and turns < TOO_MANY:
            await asyncio.sleep(0)
            turns += 1
        for client in clients:
            assert await receive(client) == b"Hello"
            client.close()  # the server waits for that
    return turns


async def serve_and_close(clients: list[socket.socket]) -> tuple[tuple[str, int], int]:
    """Closes the server, and whom it has greeted by then, as uvicorn does.

    Returns where it was, and how many others it has greeted and kept.
    """
    server = await listen(clients)
    address: tuple[str, int] = server.sockets[0].getsockname()
    while not Greeter.greeted:
        await asyncio.sleep(0)
    server.close()
    for client in Greeter.greeted:
        client.close()
    for _ in range(CLIENTS):
        await asyncio.sleep(0)
    kept = [client for client in Greeter.greeted if not client.is_closing()]
    for client in kept:
        client.abort()
    return address, len(kept)


async def receive(client: socket.socket) -> bytes:
    """What comes next; nothing when the server has closed the connection."""
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 5), 5)
